// SPDX-License-Identifier: Apache-2.0
/// Trains one network on one task by gradient descent.
#pragma once

#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

/// Mean loss and accuracy over a part of a task.
struct Score {
  double loss = 0, accuracy = 0;
};

class Trainer {
 public:
  /// All references outlive the trainer. `order_seed` alone decides the order of samples.
  Trainer(Network& network, const Task& task, const TrainSettings& settings, std::uint64_t order_seed,
          const TrialHooks& hooks);

  /// Trains to the end and fills status, score, curve, cost and the metrics train_loss, validation_loss.
  /// With patience the weights end as those of the best validation.
  TrialResult train();

  /// Nothing when should_stop or the time limit interrupted it.
  std::optional<Score> evaluate(Part part);

 private:
  struct LossSum {
    double total = 0;
    std::int64_t steps = 0;
  };

  /// One optimiser step. Returns the loss; not finite when the loss or the gradient is not.
  double step(const Batch& batch, double lr);
  /// Adds a row to the curve. Returns false when it was interrupted or patience ran out.
  bool validate(LossSum& since_last);
  /// Whether the trial has to end now; sets the status and cause.
  bool interrupted();
  Batch load(Part part, const std::vector<std::int64_t>& indices) const;

  Network& network_;
  const Task& task_;
  const TrainSettings& settings_;
  const std::uint64_t order_seed_;
  const TrialHooks& hooks_;
  const at::ScalarType dtype_;
  const at::Device device_;
  const double started_;
  class Optimizer* optimizer_ = nullptr;  ///< lives in train()
  TrialResult result_;
  at::Tensor best_weights_;
  double best_score_ = 0;
  std::int64_t without_improvement_ = 0;
};

at::ScalarType to_dtype(const std::string& precision);

}  // namespace evobrnn
