// SPDX-License-Identifier: Apache-2.0
/// Trains one network on one task by gradient descent.
#pragma once

#include "core/learning/checkpoint.hpp"
#include "core/learning/peak_memory.hpp"
#include "core/learning/sample_order.hpp"
#include "core/learning/training_step.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

/// Mean loss, and score (larger is better), over a part of a task.
struct Score {
  double loss = 0, score = 0;
};

/// Samples of a pass in validation and test, and in the examination before and after training.
inline constexpr std::int64_t kEvaluationBatch = 500, kExaminationBatch = 64;

class Trainer {
 public:
  /// Seeds of what is random besides the weights.
  struct Seeds {
    std::uint64_t order = 0;       ///< of the samples
    std::uint64_t noise = 0;       ///< in training, drawn on from batch to batch
    std::uint64_t test_noise = 0;  ///< in validation and test, the same each time
  };

  /// All references outlive the trainer.
  Trainer(Network& network, const Task& task, const TrainSettings& settings, const Seeds& seeds,
          const TrialHooks& hooks, const Checkpoints& checkpoints, const PeakMemory& memory);

  /// Trains to the end and fills status, score, curve, cost and the metrics train_loss, validation_loss, and the
  /// spectral health before (initial_…) and after training.
  /// With patience the weights end as those of the best validation. Goes on from a checkpoint where it was given one;
  /// throws StateError where that does not fit.
  TrialResult train();

  /// Nothing when should_stop or a limit interrupted it; result() then says which. `divisor`: see
  /// PassOptions::divide_steps.
  std::optional<Score> evaluate(Part part, std::int64_t divisor = 1);
  const TrialResult& result() const { return result_; }

  /// Hands the state to the checkpoint's hook, where there is one. Between steps, or after train().
  void save() const;

 private:
  struct LossSum {
    double total = 0;
    std::int64_t steps = 0;
  };

  /// Whether it goes on from a checkpoint.
  bool restore();
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);
  /// Returns false where the training diverged; sets the status and cause.
  bool train_batch();
  /// Whether the weights as they are belong into the curve and are not there yet.
  bool validation_due() const;
  /// Adds a row to the curve. Returns false when it was interrupted.
  bool validate();
  bool ended() const;  ///< all steps are done, or patience ran out
  /// Whether the trial has to end now; sets the status and cause.
  bool interrupted();
  /// Whether a sample of `part` at `indices` holds NaN or infinity; sets the status and cause. Looks at each sample, so
  /// it is asked only where something is wrong.
  bool nan_input(Part part, const std::vector<std::int64_t>& indices);
  void diverge(const std::string& what);
  /// The spectrum of the weights, and the gates on the first validation samples, as metrics after `prefix`.
  void examine(const std::string& prefix);
  /// The samples on the trial's device; until the next call.
  const Batch& load(Part part, const std::vector<std::int64_t>& indices);

  Network& network_;
  const Task& task_;
  const TrainSettings& settings_;
  const Seeds seeds_;
  const TrialHooks& hooks_;
  const at::ScalarType dtype_;
  const at::Device device_;
  const Checkpoints& checkpoints_;
  const PeakMemory& memory_;
  const double started_, cpu_started_;
  TrainingStep step_;
  SampleOrder order_;
  LossSum since_last_;
  TrialResult result_;  ///< its cost of time and memory: what was spent before a checkpoint
  Batch batch_;         ///< used again from batch to batch
  at::Tensor best_weights_;
  double best_score_ = 0;
  std::int64_t without_improvement_ = 0;
};

at::ScalarType to_dtype(const std::string& precision);

}  // namespace evobrnn
