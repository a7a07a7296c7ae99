// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/parts.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/random.hpp"

namespace evobrnn {

namespace {

constexpr std::uint64_t kTestOrder = 5;  // purpose of a derived seed

/// `count` of the numbers below `available`, in random order.
at::Tensor drawn(std::int64_t available, std::int64_t count, std::uint64_t seed) {
  return at::randperm(available, make_generator(seed), at::TensorOptions().dtype(at::kLong)).narrow(0, 0, count);
}

}  // namespace

Parts draw_parts(std::int64_t available, std::int64_t tests, const TaskSettings& settings) {
  const auto rest = available - settings.validation_samples;
  const auto wanted = settings.train_samples > 0 ? settings.train_samples : rest;
  if (rest < 1 || wanted > rest) {
    throw DataError(fmt::format(
        "the training set has {} samples, too few for task.train_samples = {} and task.validation_samples = {}",
        available, settings.train_samples, settings.validation_samples));
  }
  if (settings.test_samples > tests) {
    throw DataError(
        fmt::format("the test set has {} samples, too few for task.test_samples = {}", tests, settings.test_samples));
  }
  const auto seed = static_cast<std::uint64_t>(settings.data_seed);
  const auto wanted_tests = settings.test_samples > 0 ? settings.test_samples : tests;
  const auto order = drawn(available, available, seed);
  return {order.narrow(0, settings.validation_samples, wanted), order.narrow(0, 0, settings.validation_samples),
          draw_tests(tests, wanted_tests, settings)};
}

at::Tensor draw_tests(std::int64_t available, std::int64_t wanted, const TaskSettings& settings) {
  if (wanted >= available) return at::arange(available, at::kLong);
  return drawn(available, wanted, derived_seed(static_cast<std::uint64_t>(settings.data_seed), kTestOrder));
}

}  // namespace evobrnn
