// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/tasks/digits.hpp"
#include "core/tasks/images.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {
namespace {

/// Two images of 2×3 with values 0 … 5 and 6 … 11, labels 0 and 1.
std::shared_ptr<const Task> tiny_task(const std::string& layout, std::int64_t chunk) {
  TaskSettings settings;
  settings.layout = layout;
  settings.chunk = chunk;
  settings.validation_samples = 1;
  const ImageSet set{at::arange(12, at::kByte).view({2, 6}), at::tensor({0, 1}, at::kLong), 2, 3};
  return make_image_task(set, set, 2, settings);
}

void expect_sequence(const Task& task, const std::vector<double>& values) {
  const auto batch = task.batch(Part::test, {0}, at::kDouble);
  const auto shape = task.shape();
  EXPECT_EQ(batch.x.sizes().vec(), (std::vector<std::int64_t>{shape.steps, 1, shape.n_in}));
  EXPECT_TRUE(at::allclose(batch.x.flatten() * 255, at::tensor(values, at::kDouble)));
}

TEST(ImageTask, RowsChunksAndPixelsKeepTheOrder) {
  const auto rows = tiny_task("rows", 28), chunks = tiny_task("chunks", 4), pixels = tiny_task("pixels", 28);
  EXPECT_EQ(rows->shape().steps, 2);
  EXPECT_EQ(chunks->shape().steps, 2);
  EXPECT_EQ(pixels->shape().steps, 6);
  expect_sequence(*rows, {0, 1, 2, 3, 4, 5});
  expect_sequence(*chunks, {0, 1, 2, 3, 4, 5, 0, 0});
  expect_sequence(*pixels, {0, 1, 2, 3, 4, 5});
}

TEST(ImageTask, TrainingAndValidationPartsAreDisjoint) {
  TaskSettings settings;
  settings.validation_samples = 30;
  const ImageSet set{at::arange(100, at::kByte).view({100, 1}), at::arange(100, at::kLong), 1, 1};
  const auto task = make_image_task(set, set, 100, settings);
  const auto labels = [&](Part part, std::int64_t size) {
    std::vector<std::int64_t> indices(static_cast<std::size_t>(size));
    std::iota(indices.begin(), indices.end(), 0);
    return task->batch(part, indices, at::kFloat).y;
  };
  const auto all = std::get<0>(at::sort(at::cat({labels(Part::train, 70), labels(Part::validation, 30)})));
  EXPECT_TRUE(at::equal(all, at::arange(100, at::kLong)));
}

TEST(Digits, SamplesDependOnTheSeedAndTheirNumberAlone) {
  const TaskSettings settings;
  const auto few = draw_digits(settings, 3, 0, 5), many = draw_digits(settings, 3, 0, 9),
             other = draw_digits(settings, 4, 0, 5), test = draw_digits(settings, 3, 1, 5);
  EXPECT_TRUE(at::equal(few.pixels, many.pixels.narrow(0, 0, 5)));
  EXPECT_FALSE(at::equal(few.pixels, other.pixels));
  EXPECT_FALSE(at::equal(few.pixels, test.pixels));
}

TEST(Digits, ALinearReadOutOfThePixelsStaysUnderNinetyPercent) {
  const TaskSettings settings;
  const auto train = draw_digits(settings, 0, 0, 6000), test = draw_digits(settings, 0, 1, 2000);
  const auto images = [](const ImageSet& set) { return set.pixels.to(at::kFloat) / 255 - 0.1; };
  auto weight = at::zeros({10, 784}).requires_grad_(), bias = at::zeros({10}).requires_grad_();
  const auto x = images(train), test_x = images(test);
  double best = 0;  // over the whole training, so that no early stop could do better
  for (int epoch = 0; epoch < 150; ++epoch) {
    at::cross_entropy_loss(at::linear(x, weight, bias), train.labels).backward();
    at::NoGradGuard no_grad;
    for (auto* parameter : {&weight, &bias}) {
      parameter->sub_(parameter->grad(), 0.5);
      parameter->mutable_grad().zero_();
    }
    best = std::max(best,
                    at::linear(test_x, weight, bias).argmax(1).eq(test.labels).to(at::kDouble).mean().item<double>());
  }
  EXPECT_GT(best, 0.5) << "the read-out did not learn, so the test says nothing";
  EXPECT_LT(best, 0.9);
}

TEST(Tasks, EqualSettingsShareOneTask) {
  const auto data = make_data_store();
  TaskSettings settings;
  settings.train_samples = 20;
  settings.validation_samples = settings.test_samples = 5;
  const auto first = make_task(settings, *data);
  EXPECT_EQ(make_task(settings, *data), first);
  settings.data_seed = 9;
  EXPECT_NE(make_task(settings, *data), first);
}

}  // namespace
}  // namespace evobrnn
