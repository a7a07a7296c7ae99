// SPDX-License-Identifier: Apache-2.0
/// What the tests of tasks share.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "core/data/data_store.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn::testing_support {

/// How far a mean over samples may be from its expectation, in standard deviations.
inline constexpr double kSigmas = 4;

/// 0 … count − 1.
inline std::vector<std::int64_t> first(std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

/// A task that reads no file.
inline std::shared_ptr<const Task> make_generated(const TaskSettings& settings) {
  return make_task(settings, *make_data_store("/nonexistent"));
}

/// What the DataError of `action` says; empty where none is thrown.
template <class Action>
std::string data_error_of(const Action& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace evobrnn::testing_support
