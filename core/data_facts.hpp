// SPDX-License-Identifier: Apache-2.0
/// What is known of a task's data beyond its shape, free of LibTorch headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

struct DataFacts {
  /// Samples of the test set that those of the test part are drawn from; 0: there is no set, they are made as wanted.
  std::int64_t test_of = 0;
  std::vector<std::string> labels;  ///< names of the classes, where the data have them
};

/// Loads the task's data. Throws DataError.
DataFacts data_facts(const TaskSettings& settings, DataStore& data);

/// How many test samples a score is of, and of how many they were drawn.
struct TestSamples {
  std::int64_t used = 0, of = 0;
  bool all() const { return used == of; }
};

/// Nothing of a result that was not tested, or not of a network.
std::optional<TestSamples> test_samples(const TrialResult& result);

/// "2000 of 10000 test samples", or "10000 test samples" where all were taken.
std::string to_text(const TestSamples& samples);

}  // namespace evobrnn
