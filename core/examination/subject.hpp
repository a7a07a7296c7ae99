// SPDX-License-Identifier: Apache-2.0
/// The trained network that is examined, with its task.
#pragma once

#include <optional>

#include "core/examination.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

/// What the network was trained to wait for, in steps of its trials.
struct TrainedDelay {
  std::int64_t begin = 0;  ///< the first step of the delay: what is to be remembered has ended
  std::int64_t end = 0;    ///< the step after its last
  bool own = false;  ///< a period of the task, after which it asks something; else blank steps before the read-out
  std::int64_t steps() const { return end - begin; }
};

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

  /// The delay of the trained task: a period named so, or its blank steps before the read-out; of none, the end of the
  /// sequence.
  TrainedDelay delay() const;
  /// [n_in], what is fed in the delay: its mean over samples and steps (a task may show a fixation point); else zeros.
  at::Tensor delay_input() const;
  /// Whether its task reads a setting that only some tasks read.
  bool reads(const std::string& path) const;
  /// ms a step where the task has time; nothing where it counts in steps.
  std::optional<double> step_ms() const;

  /// The first samples of the test set.
  Batch test_batch(std::int64_t samples) const;
  /// Which item each sequence asks to remember, [batch]; undefined where the task has none: Batch::item, or its class.
  static at::Tensor items(const Batch& batch);
  /// What guessing the commonest answer scores; 0 for errors, which have no floor.
  double chance() const;

  /// The same network in double precision.
  std::unique_ptr<Network> in_double() const;

 private:
  std::vector<double> scores_of(const Batch& batch, PassOptions options, std::uint64_t noise) const;

  TrialSettings settings_;
  std::shared_ptr<DataStore> data_;
  std::shared_ptr<const Task> task_;
  TaskShape shape_;
  std::unique_ptr<Network> network_;
};

/// Steps until a share 1/e is left of what a step multiplies by `kept`: −1/ln(kept). Of a gate z it is that of 1 − z,
/// of a mode that of the modulus of its eigenvalue.
double time_constant(double kept);

/// Mean and standard error.
struct Mean {
  double mean = 0, error = 0;
};
Mean mean_of(const std::vector<double>& values);

}  // namespace evobrnn
