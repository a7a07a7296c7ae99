// SPDX-License-Identifier: Apache-2.0
/// One training step on one batch: forward, loss with penalties, backward, clipping, update, Dale's projection.
#pragma once

#include "core/learning/fused_loss.hpp"
#include "core/learning/optimizer.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

class TrainingStep {
 public:
  /// Network and settings outlive it. `noise` draws the network's noise, on from step to step.
  TrainingStep(Network& network, const TrainSettings& settings, at::Generator noise);

  /// Returns the loss without penalties; not finite when it or the gradient is not, and then nothing was updated.
  double operator()(const Batch& batch, double lr);

  /// The weights, the optimiser and the noise. `restore` throws StateError or a JSON exception for another one's state.
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  /// The loss without penalties; the gradients are those with them.
  double loss_by_autograd(const Batch& batch, PassOptions& options);

  Network& network_;
  const TrainSettings& settings_;
  at::Generator noise_;
  FusedLoss fused_loss_;
  Optimizer optimizer_;
};

}  // namespace evobrnn
