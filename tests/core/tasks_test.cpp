// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/tasks/digits.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {
namespace {

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
