// SPDX-License-Identifier: Apache-2.0
#include "core/learning/optimizer.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace evobrnn {

Optimizer::Optimizer(const TrainSettings& settings, const Parameters& parameters)
    : settings_(settings),
      values_(parameters.values()),
      gradients_(parameters.gradients()),
      mask_(parameters.mask()),
      first_(at::zeros_like(values_)) {
  if (settings_.optimizer == "adam") second_ = at::zeros_like(values_);
}

double Optimizer::step(double lr) {
  at::NoGradGuard no_grad;
  if (mask_.defined()) gradients_.mul_(mask_);
  const double norm = gradients_.norm().item<double>();
  if (std::isfinite(norm)) {
    if (settings_.clip > 0 && norm > settings_.clip) gradients_.mul_(settings_.clip / norm);
    ++steps_;
    if (settings_.optimizer == "adam") adam(lr);
    else momentum(lr);
  }
  gradients_.zero_();
  return norm;
}

void Optimizer::adam(double lr) {
  const auto t = static_cast<double>(steps_);
  const double bias1 = 1 - std::pow(settings_.beta1, t), bias2 = 1 - std::pow(settings_.beta2, t);
  first_.mul_(settings_.beta1).add_(gradients_, 1 - settings_.beta1);
  second_.mul_(settings_.beta2).addcmul_(gradients_, gradients_, 1 - settings_.beta2);
  const auto denominator = second_.sqrt().div_(std::sqrt(bias2)).add_(settings_.epsilon);
  values_.addcdiv_(first_, denominator, -lr / bias1);
}

void Optimizer::momentum(double lr) {
  first_.mul_(settings_.momentum).add_(gradients_);
  values_.add_(first_, -lr);
}

double learning_rate(const TrainSettings& settings, std::int64_t step, std::int64_t steps) {
  if (settings.schedule == "constant") return settings.lr;
  return settings.lr * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps))) / 2;
}

}  // namespace evobrnn
