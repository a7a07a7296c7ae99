// SPDX-License-Identifier: Apache-2.0
#include "core/learning/optimizer.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"

namespace evobrnn {
namespace {

/// The published equations in tensor operations, one step after the other.
class Plain {
 public:
  Plain(const TrainSettings& settings, const at::Tensor& start)
      : values(start.clone()), settings_(settings), first_(at::zeros_like(start)), second_(at::zeros_like(start)) {}

  void step(double lr, at::Tensor g) {
    const double norm = g.norm().item<double>();
    if (settings_.clip > 0 && norm > settings_.clip) g = g * (settings_.clip / norm);
    ++t_;
    if (settings_.optimizer == "sgd") {
      first_ = settings_.momentum * first_ + g;
      values = values - lr * first_;
      return;
    }
    first_ = settings_.beta1 * first_ + (1 - settings_.beta1) * g;
    second_ = settings_.beta2 * second_ + (1 - settings_.beta2) * g * g;
    const auto unbiased = second_ / (1 - std::pow(settings_.beta2, t_));
    values = values - lr * first_ / (1 - std::pow(settings_.beta1, t_)) / (unbiased.sqrt() + settings_.epsilon);
  }

  at::Tensor values;

 private:
  TrainSettings settings_;
  at::Tensor first_, second_;
  int t_ = 0;
};

void expect_published_steps(const TrainSettings& settings, at::ScalarType dtype, bool masked) {
  const auto generator = make_generator(1);
  const auto options = at::TensorOptions().dtype(dtype);
  Parameters parameters;
  constexpr std::int64_t kCount = 2503;  // no multiple of any vector
  auto mask = at::rand({kCount}, generator, options).gt(0.3).to(dtype);
  if (!masked) mask = at::ones_like(mask);
  parameters.add("w", at::randn({kCount}, generator, options) * mask, masked ? mask : at::Tensor());
  parameters.flatten();
  Optimizer optimizer(settings, parameters);
  Plain plain(settings, parameters.values());
  for (int i = 0; i < 10; ++i) {
    const auto g = at::randn({kCount}, generator, options) * 0.1;
    parameters.gradients().copy_(g);
    const double norm = optimizer.step(0.01);
    EXPECT_NEAR(norm, (g * mask).norm().item<double>(), 1e-4);
    plain.step(0.01, g * mask);
    EXPECT_TRUE(parameters.gradients().eq(0).all().item<bool>());
  }
  const double tolerance = dtype == at::kDouble ? 1e-12 : 1e-5;
  EXPECT_TRUE(at::allclose(parameters.values(), plain.values, tolerance, tolerance));
  EXPECT_TRUE(parameters.values().masked_select(mask.eq(0)).eq(0).all().item<bool>());
}

TEST(Optimizer, TakesThePublishedSteps) {
  for (const std::string name : {"adam", "sgd"}) {
    for (const double clip : {0.0, 1.0}) {
      for (const bool masked : {false, true}) {
        TrainSettings settings;
        settings.optimizer = name;
        settings.clip = clip;
        expect_published_steps(settings, at::kDouble, masked);
        expect_published_steps(settings, at::kFloat, masked);
      }
    }
  }
}

TEST(Optimizer, AGradientThatIsNotFiniteChangesNothing) {
  Parameters parameters;
  parameters.add("w", at::ones({40}));
  parameters.flatten();
  Optimizer optimizer({}, parameters);
  for (const std::int64_t place : {0, 39}) {
    parameters.gradients()[place] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(std::isfinite(optimizer.step(0.1)));
    EXPECT_TRUE(parameters.values().eq(1).all().item<bool>());
    EXPECT_TRUE(parameters.gradients().eq(0).all().item<bool>());
  }
}

}  // namespace
}  // namespace evobrnn
