// SPDX-License-Identifier: Apache-2.0
/// Loss and gradients of a batch by two kernels, the sequence's and the read-out's, without a graph of autograd.
#pragma once

#include <optional>

#include "core/models/network.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

class FusedLoss {
 public:
  /// The network outlives it.
  explicit FusedLoss(Network& network) : network_(network) {}

  /// The loss, as loss_of() computes it; its gradients are added to those of the parameters, which are zero before.
  /// Nothing, and nothing done, where the kernels do not cover the pass: it then takes autograd.
  std::optional<double> operator()(const Batch& batch, const PassOptions& options);

 private:
  Network& network_;
  SequenceRates rates_, of_rates_;  ///< as large as the last batch's, to be used again
  at::Tensor outputs_;              ///< [n_out and some more]
};

}  // namespace evobrnn
