// SPDX-License-Identifier: Apache-2.0
/// The trained network that is examined, with its task.
#pragma once

#include "core/examination.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

class Subject {
 public:
  /// On the CPU, whatever device it was trained on. Throws DataError where the weights are of another network.
  Subject(const TrialSpec& spec, const std::string& weights, std::shared_ptr<DataStore> data);

  Network& network() { return *network_; }
  const Network& network() const { return *network_; }
  const TrialSettings& settings() const { return settings_; }
  const TaskShape& shape() const { return shape_; }
  const Task& task() const { return *task_; }
  DataStore& data() const { return *data_; }

  /// The score of each of the first `samples` test samples (0: all) of a task that differs from its own in how it is
  /// tested: its accuracy, 0 or 1, or over its scored steps, or its negative squared error.
  std::vector<double> scores(const TaskSettings& task, std::int64_t samples) const;
  /// Of its own task, the network run as `options` say beyond what the batch asks for.
  std::vector<double> scores(const Batch& batch, PassOptions options) const;

  /// The first samples of the test set.
  Batch test_batch(std::int64_t samples) const;
  /// Which item each sequence asks to remember, [batch]; undefined where the task has none: Batch::item, or its class.
  static at::Tensor items(const Batch& batch);
  /// What guessing the commonest answer scores; 0 for errors, which have no floor.
  double chance() const;

  /// The same network in double precision.
  std::unique_ptr<Network> in_double() const;

 private:
  TrialSettings settings_;
  std::shared_ptr<DataStore> data_;
  std::shared_ptr<const Task> task_;
  TaskShape shape_;
  std::unique_ptr<Network> network_;
};

/// Mean and standard error.
struct Mean {
  double mean = 0, error = 0;
};
Mean mean_of(const std::vector<double>& values);

}  // namespace evobrnn
