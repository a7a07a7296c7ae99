// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/idx_sets.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstring>

#include "core/data/data_store.hpp"
#include "core/data/idx.hpp"
#include "core/tasks/images.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

at::Tensor to_tensor(const IdxArray& array, at::IntArrayRef shape) {
  auto tensor = at::empty(shape, at::kByte);
  std::memcpy(tensor.data_ptr(), array.bytes.data(), array.bytes.size());
  return tensor;
}

ImageSet read_set(const fs::path& images_file, const fs::path& labels_file) {
  const auto images = read_idx(images_file, 3, 3), labels = read_idx(labels_file, 1, 1);
  const auto samples = images.shape[0];
  if (labels.shape[0] != samples) {
    throw DataError(fmt::format("{} has {} labels, and {} has {} images", labels_file.string(), labels.shape[0],
                                images_file.string(), samples));
  }
  ImageSet set;
  set.height = images.shape[1];
  set.width = images.shape[2];
  set.pixels = to_tensor(images, {samples, set.height * set.width});
  set.labels = to_tensor(labels, {samples}).to(at::kLong);
  return set;
}

void check_labels(const ImageSet& set, std::int64_t classes, const fs::path& file) {
  if (const auto largest = set.labels.max().item<std::int64_t>(); largest >= classes) {
    throw DataError(fmt::format("{}: has the label {}; labels go from 0 to {}", file.string(), largest, classes - 1));
  }
}

/// The four files of a set in the store, read once for all settings.
struct IdxFiles {
  fs::path train_images, train_labels, test_images, test_labels;
};

struct ImageSets {
  ImageSet train, test;
};

/// `classes` 0: as many as the training labels show.
std::shared_ptr<const Task> make_task_from(const IdxFiles& files, std::int64_t classes, const TaskSettings& settings,
                                           DataStore& data) {
  const auto key = fmt::format("idx\n{}\n{}\n{}\n{}", files.train_images.string(), files.train_labels.string(),
                               files.test_images.string(), files.test_labels.string());
  const auto sets = data.once<ImageSets>(key, [&files] {
    return std::make_shared<const ImageSets>(
        ImageSets{read_set(files.train_images, files.train_labels), read_set(files.test_images, files.test_labels)});
  });
  if (classes == 0) classes = std::max<std::int64_t>(2, sets->train.labels.max().item<std::int64_t>() + 1);
  check_labels(sets->train, classes, files.train_labels);
  check_labels(sets->test, classes, files.test_labels);
  return make_image_task(sets->train, sets->test, classes, settings);
}

std::shared_ptr<const Task> make_published(const std::string& name, const TaskSettings& settings, DataStore& data) {
  const auto hint =
      fmt::format("`evobrnn data fetch {}` downloads it; --data DIR or EVOBRNN_DATA names another folder", name);
  const auto find = [&](const std::string& part, const std::string& kind) {
    const auto dashed = part + "-" + kind + "-ubyte", dotted = part + "." + kind + "-ubyte";
    return data.find(name, {dashed + ".gz", dashed, dotted + ".gz", dotted}, hint);
  };
  constexpr std::int64_t kClasses = 10;
  return make_task_from({find("train-images", "idx3"), find("train-labels", "idx1"), find("t10k-images", "idx3"),
                         find("t10k-labels", "idx1")},
                        kClasses, settings, data);
}

}  // namespace

std::shared_ptr<const Task> make_mnist(const TaskSettings& settings, DataStore& data) {
  return make_published("mnist", settings, data);
}

std::shared_ptr<const Task> make_fashion_mnist(const TaskSettings& settings, DataStore& data) {
  return make_published("fashion-mnist", settings, data);
}

std::shared_ptr<const Task> make_idx(const TaskSettings& settings, DataStore& data) {
  const auto find = [&data](const std::string& name) {
    return data.find("", {name}, "--data DIR or EVOBRNN_DATA names the folder of relative names");
  };
  return make_task_from({find(settings.train_images), find(settings.train_labels), find(settings.test_images),
                         find(settings.test_labels)},
                        0, settings, data);
}

}  // namespace evobrnn
