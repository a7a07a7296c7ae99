// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/images.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

namespace evobrnn {
namespace {

std::int64_t values_a_step(const TaskSettings& settings, const ImageSet& images) {
  if (settings.layout == "pixels") return 1;
  return settings.layout == "chunks" ? settings.chunk : images.width;
}

class ImageTask final : public Task {
 public:
  ImageTask(ImageSet train, ImageSet test, std::int64_t classes, const TaskSettings& settings) {
    const auto available = train.labels.size(0);
    const auto rest = available - settings.validation_samples;
    const auto wanted = settings.train_samples > 0 ? settings.train_samples : rest;
    if (rest < 1 || wanted > rest) {
      throw DataError(fmt::format(
          "the training set has {} samples, too few for task.train_samples = {} and task.validation_samples = {}",
          available, settings.train_samples, settings.validation_samples));
    }
    if (settings.test_samples > test.labels.size(0)) {
      throw DataError(fmt::format("the test set has {} samples, too few for task.test_samples = {}",
                                  test.labels.size(0), settings.test_samples));
    }
    if (train.height != test.height || train.width != test.width) {
      throw DataError(fmt::format("training images have {}×{} pixels, test images {}×{}", train.height, train.width,
                                  test.height, test.width));
    }
    const auto values = train.pixels.size(1);
    shape_.n_in = values_a_step(settings, train);
    shape_.steps = (values + shape_.n_in - 1) / shape_.n_in;
    shape_.n_out = classes;
    shape_.train = wanted;
    shape_.validation = settings.validation_samples;
    shape_.test = settings.test_samples > 0 ? settings.test_samples : test.labels.size(0);

    const auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(settings.data_seed));
    const auto order = at::randperm(available, generator, at::TensorOptions().dtype(at::kLong));
    validation_ = select(train, order.narrow(0, 0, shape_.validation));
    train_ = select(train, order.narrow(0, shape_.validation, shape_.train));
    test_ = std::move(test);
  }

  TaskShape shape() const override { return shape_; }

  Batch batch(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype) const override {
    const auto& images = part == Part::train ? train_ : part == Part::validation ? validation_ : test_;
    const auto index = at::from_blob(const_cast<std::int64_t*>(indices.data()),
                                     {static_cast<std::int64_t>(indices.size())}, at::kLong);
    constexpr double kLargestPixel = 255;
    auto x = images.pixels.index_select(0, index).to(dtype).div_(kLargestPixel);
    if (const auto missing = shape_.steps * shape_.n_in - x.size(1); missing > 0)
      x = at::constant_pad_nd(x, {0, missing});
    return {x.view({x.size(0), shape_.steps, shape_.n_in}).transpose(0, 1).contiguous(),
            images.labels.index_select(0, index)};
  }

 private:
  static ImageSet select(const ImageSet& from, const at::Tensor& indices) {
    return {from.pixels.index_select(0, indices), from.labels.index_select(0, indices), from.height, from.width};
  }

  TaskShape shape_;
  ImageSet train_, validation_, test_;
};

}  // namespace

std::shared_ptr<const Task> make_image_task(ImageSet train, ImageSet test, std::int64_t classes,
                                            const TaskSettings& settings) {
  return std::make_shared<ImageTask>(std::move(train), std::move(test), classes, settings);
}

}  // namespace evobrnn
