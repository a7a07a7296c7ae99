// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/parts.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/random.hpp"

namespace evobrnn {

constexpr std::uint64_t kTestOrder = 5;  // purpose of a derived seed

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
  const auto drawn = [](std::int64_t samples, std::uint64_t from) {
    return at::randperm(samples, make_generator(from), at::TensorOptions().dtype(at::kLong));
  };
  const auto order = drawn(available, seed), test_order = drawn(tests, derived_seed(seed, kTestOrder));
  return {order.narrow(0, settings.validation_samples, wanted), order.narrow(0, 0, settings.validation_samples),
          test_order.narrow(0, 0, settings.test_samples > 0 ? settings.test_samples : tests)};
}

}  // namespace evobrnn
