// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/images.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/kernels/gather.hpp"
#include "core/random.hpp"
#include "core/reuse.hpp"
#include "core/tasks/data_task.hpp"
#include "core/tasks/parts.hpp"

namespace evobrnn {
namespace {

/// How an image's values become steps.
struct Layout {
  at::Tensor order;  ///< [values] int64: which value of the file comes when; undefined where it is the file's order
  std::int64_t values = 0, values_a_step = 0, stride = 0;
  std::string text;

  std::int64_t steps() const {
    if (values <= values_a_step) return 1;
    // Until the last value is in a step; none starts beyond it.
    return 1 + std::min((values - values_a_step + stride - 1) / stride, (values - 1) / stride);
  }
};

/// Pixels in the order in which they come: [height · width].
at::Tensor pixel_order(const ImageSet& images, const TaskSettings& settings) {
  const auto pixels = images.height * images.width;
  if (settings.order == "permuted") {
    return at::randperm(pixels, make_generator(static_cast<std::uint64_t>(settings.permutation_seed)),
                        at::TensorOptions().dtype(at::kLong));
  }
  auto order = at::arange(pixels, at::kLong).view({images.height, images.width}).clone();
  if (settings.order == "snake") {
    for (std::int64_t row = 1; row < images.height; row += 2) order[row].copy_(order[row].clone().flip(0));
  }
  return order.view({-1});
}

Layout make_layout(const ImageSet& images, const TaskSettings& settings) {
  Layout layout;
  const auto channels = images.channels;
  layout.values = images.height * images.width * channels;
  const auto pixels = pixel_order(images, settings), channel = at::arange(channels, at::kLong);
  const bool planes = settings.layout == "planes";
  const auto order = planes ? (channel.unsqueeze(1) + channels * pixels.unsqueeze(0)).reshape({-1})
                            : (channels * pixels.unsqueeze(1) + channel.unsqueeze(0)).reshape({-1});
  if (!at::equal(order, at::arange(layout.values, at::kLong))) layout.order = order;

  if (settings.layout == "pixels") layout.values_a_step = channels;
  else if (settings.layout == "chunks") layout.values_a_step = std::min(settings.chunk, layout.values);
  else layout.values_a_step = images.width * (planes ? 1 : channels);
  const bool overlapping = settings.layout == "chunks" && settings.stride > 0;
  layout.stride = overlapping ? settings.stride : layout.values_a_step;
  layout.text = settings.layout;
  if (overlapping) layout.text += fmt::format(" with stride {}", layout.stride);
  if (settings.order == "snake") layout.text += ", snake order";
  if (settings.order == "permuted") layout.text += fmt::format(", permuted with seed {}", settings.permutation_seed);
  return layout;
}

/// The chosen samples, their values in the order of the layout.
ImageSet arranged(const ImageSet& from, const at::Tensor& samples, const Layout& layout) {
  auto chosen = from;
  chosen.pixels = from.pixels.index_select(0, samples);
  chosen.labels = from.labels.index_select(0, samples);
  if (layout.order.defined()) chosen.pixels = chosen.pixels.index_select(1, layout.order);
  return chosen;
}

class ImageTask final : public DataTask {
 public:
  ImageTask(const ImageSet& train, const ImageSet& test, std::int64_t classes, const TaskSettings& settings)
      : layout_(make_layout(train, settings)) {
    if (train.height != test.height || train.width != test.width) {
      throw DataError(fmt::format("training images have {}×{} pixels, test images {}×{}", train.height, train.width,
                                  test.height, test.width));
    }
    const auto parts = draw_parts(train.labels.size(0), test.labels.size(0), settings);
    train_ = arranged(train, parts.train, layout_);
    validation_ = arranged(train, parts.validation, layout_);
    test_ = arranged(test, parts.test, layout_);
    shape_.n_in = layout_.values_a_step;
    shape_.steps = layout_.steps();
    shape_.n_out = classes;
    shape_.train = train_.labels.size(0);
    shape_.validation = validation_.labels.size(0);
    shape_.test = test_.labels.size(0);
    facts_.test_of = test.labels.size(0);
    shape_.sequence = fmt::format("T = {} steps of {} value{}, {}", shape_.steps, shape_.n_in,
                                  shape_.n_in == 1 ? "" : "s", layout_.text);
  }

  TaskShape shape() const override { return shape_; }
  DataFacts facts() const override { return facts_; }

  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const override {
    const auto& images = part == Part::train ? train_ : part == Part::validation ? validation_ : test_;
    const auto samples = static_cast<std::int64_t>(indices.size());
    batch.mask = batch.scored = batch.lengths = batch.reset = at::Tensor();
    reuse(batch.x, {shape_.steps, samples, shape_.n_in}, dtype);
    const auto* pixels = images.pixels.data_ptr<std::uint8_t>();
    const auto layout = step_layout();
    if (dtype == at::kDouble)
      kernels::gather_bytes(pixels, indices.data(), indices.size(), layout, batch.x.data_ptr<double>());
    else kernels::gather_bytes(pixels, indices.data(), indices.size(), layout, batch.x.data_ptr<float>());
    reuse(batch.y, {samples}, at::kLong);
    const auto* labels = images.labels.data_ptr<std::int64_t>();
    std::transform(indices.begin(), indices.end(), batch.y.data_ptr<std::int64_t>(),
                   [labels](std::int64_t index) { return labels[index]; });
  }

 private:
  kernels::StepLayout step_layout() const {
    const auto size = [](std::int64_t v) { return static_cast<std::size_t>(v); };
    return {size(layout_.values), size(shape_.steps), size(shape_.n_in), size(layout_.stride)};
  }

  const Layout layout_;
  TaskShape shape_;
  DataFacts facts_;
  ImageSet train_, validation_, test_;
};

}  // namespace

std::shared_ptr<const Task> make_image_task(const ImageSet& train, const ImageSet& test, std::int64_t classes,
                                            const TaskSettings& settings) {
  return std::make_shared<ImageTask>(train, test, classes, settings);
}

}  // namespace evobrnn
