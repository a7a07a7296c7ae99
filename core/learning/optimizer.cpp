// SPDX-License-Identifier: Apache-2.0
#include "core/learning/optimizer.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "core/kernels/update.hpp"
#include "core/learning/state.hpp"

namespace evobrnn {

Optimizer::Optimizer(const TrainSettings& settings, const Parameters& parameters)
    : settings_(settings),
      values_(parameters.values()),
      gradients_(parameters.gradients()),
      mask_(parameters.mask()),
      first_(at::zeros_like(values_)) {
  if (settings_.optimizer == "adam") second_ = at::zeros_like(values_);
}

template <class T>
double Optimizer::step_on_cpu(double lr) {
  const auto count = static_cast<std::size_t>(values_.numel());
  auto *values = values_.data_ptr<T>(), *gradients = gradients_.data_ptr<T>(), *first = first_.data_ptr<T>();
  const double norm =
      std::sqrt(kernels::masked_square_sum<T>(gradients, mask_.defined() ? mask_.data_ptr<T>() : nullptr, count));
  if (!std::isfinite(norm)) {
    gradients_.zero_();
    return norm;
  }
  const double scale = settings_.clip > 0 && norm > settings_.clip ? settings_.clip / norm : 1;
  ++steps_;
  if (settings_.optimizer == "adam") {
    const auto t = static_cast<double>(steps_);
    const kernels::AdamConstants constants{settings_.beta1,
                                           settings_.beta2,
                                           settings_.epsilon,
                                           lr / (1 - std::pow(settings_.beta1, t)),
                                           std::sqrt(1 - std::pow(settings_.beta2, t)),
                                           scale};
    kernels::adam<T>(constants, values, gradients, first, second_.data_ptr<T>(), count);
  } else {
    kernels::momentum<T>(settings_.momentum, lr, scale, values, gradients, first, count);
  }
  return norm;
}

double Optimizer::step(double lr) {
  at::NoGradGuard no_grad;
  if (values_.is_cpu()) {
    return values_.scalar_type() == at::kDouble ? step_on_cpu<double>(lr) : step_on_cpu<float>(lr);
  }
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

nlohmann::json Optimizer::state() const {
  nlohmann::json state{{"steps", steps_}, {"first", to_state(first_)}};
  if (second_.defined()) state["second"] = to_state(second_);
  return state;
}

void Optimizer::restore(const nlohmann::json& state) {
  steps_ = to_integer(state.at("steps"));
  evobrnn::restore(state.at("first"), first_);
  if (second_.defined()) evobrnn::restore(state.at("second"), second_);
}

double learning_rate(const TrainSettings& settings, std::int64_t step, std::int64_t steps) {
  if (settings.schedule == "constant") return settings.lr;
  return settings.lr * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps))) / 2;
}

}  // namespace evobrnn
