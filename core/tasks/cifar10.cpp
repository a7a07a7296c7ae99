// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/cifar10.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/data/cifar.hpp"
#include "core/data/data_store.hpp"
#include "core/tasks/images.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr int kTrainFiles = 5;
const char* const kHint = "`evobrnn data fetch cifar10` downloads it; --data DIR or EVOBRNN_DATA names another folder";

fs::path find(DataStore& data, const std::string& name) {
  // As unpacked from the published archive, or the files alone.
  return data.find("cifar10", {"cifar-10-batches-bin/" + name, name, name + ".gz"}, kHint);
}

/// test_batch.bin, or where that is missing the one file beside data_batch_1.bin whose name starts so: a part of it.
fs::path find_test(DataStore& data) {
  const auto folder = find(data, "data_batch_1.bin").parent_path();
  std::vector<fs::path> parts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name == "test_batch.bin") return entry.path();
    if (name.starts_with("test_batch")) parts.push_back(entry.path());
  }
  return parts.size() == 1 ? parts.front() : find(data, "test_batch.bin");
}

/// Planes to the order of ImageSet: the colours of a pixel together.
ImageSet to_images(const std::vector<fs::path>& files) {
  std::vector<at::Tensor> pixels, labels;
  for (const auto& file : files) {
    const auto records = read_cifar(file);
    const auto samples = static_cast<std::int64_t>(records.labels.size());
    const auto bytes = [](const std::string& text, at::IntArrayRef shape) {
      return at::from_blob(const_cast<char*>(text.data()), shape, at::kByte);
    };
    pixels.push_back(bytes(records.pixels, {samples, kCifarChannels, kCifarSide * kCifarSide})
                         .transpose(1, 2)
                         .reshape({samples, kCifarValues}));
    labels.push_back(bytes(records.labels, {samples}).to(at::kLong));
  }
  return {at::cat(pixels), at::cat(labels), kCifarSide, kCifarSide, kCifarChannels};
}

struct ImageSets {
  ImageSet train, test;
};

}  // namespace

std::shared_ptr<const Task> make_cifar10(const TaskSettings& settings, DataStore& data) {
  std::vector<fs::path> train;
  for (int i = 1; i <= kTrainFiles; ++i) train.push_back(find(data, "data_batch_" + std::to_string(i) + ".bin"));
  const auto test = find_test(data);
  const auto sets = data.once<ImageSets>("cifar10\n" + test.string(), [&] {
    return std::make_shared<const ImageSets>(ImageSets{to_images(train), to_images({test})});
  });
  return make_image_task(sets->train, sets->test, kCifarClasses, settings);
}

}  // namespace evobrnn
