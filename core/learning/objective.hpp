// SPDX-License-Identifier: Apache-2.0
/// Loss and score of a network's answers, as the task's targets ask for: cross-entropy and accuracy for classes, mean
/// squared error for values.
#pragma once

#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

/// The mean loss of a batch, a scalar that gradients flow through. `outputs`: logits or values, [batch, n_out], or
/// [steps, batch, n_out] for a target at every step. Steps count as their mask says; where it marks none the loss is 0.
at::Tensor loss_of(const at::Tensor& outputs, const Batch& batch);

/// Sums over batches, so that parts of a data set can be scored piece by piece.
class Tally {
 public:
  void add(const at::Tensor& outputs, const Batch& batch);

  double loss() const { return loss_ / loss_weight_; }
  /// Larger is better: the accuracy in the scored steps, or the negative mean squared error.
  double score() const { return score_ / score_weight_; }

 private:
  double loss_ = 0, loss_weight_ = 0, score_ = 0, score_weight_ = 0;
};

/// How the network has to run for this batch: read-out, lengths, reset.
PassOptions pass_options(const Batch& batch);

/// l2_rates · mean(r²) over units and the sequences' steps, plus l2_weights · mean(w²) for each kind of synapse (the
/// penalties of Song, Yang & Wang, 2016, and Masse et al., 2019). Undefined where the settings ask for none.
at::Tensor penalty(const TrainSettings& settings, const Network& network, const Pass& pass, const Batch& batch);

}  // namespace evobrnn
