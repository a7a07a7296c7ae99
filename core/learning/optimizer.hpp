// SPDX-License-Identifier: Apache-2.0
/// Optimisers over one flat buffer of parameters.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "core/models/parameters.hpp"
#include "core/trial.hpp"

namespace evobrnn {

class Optimizer {
 public:
  /// Over the flat buffers of the parameters. Where they have a mask, what it leaves out has no gradient.
  Optimizer(const TrainSettings& settings, const Parameters& parameters);

  /// One update at learning rate `lr`, after scaling the gradient down to the norm `clip`; then the gradient is zero
  /// again. Returns the gradient's norm before clipping; when it is not finite nothing was updated.
  double step(double lr);

  /// The moments and the number of updates. `restore` throws StateError or a JSON exception for another one's state.
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  /// The same on the CPU, for T = float or double: two passes over the buffers, one for the norm and one for all else.
  template <class T>
  double step_on_cpu(double lr);
  void adam(double lr);      ///< Kingma & Ba (2015), algorithm 1
  void momentum(double lr);  ///< v ← μ v + g, θ ← θ − lr v (Sutskever et al., 2013)

  const TrainSettings settings_;
  at::Tensor values_, gradients_, mask_;
  at::Tensor first_, second_;  ///< moments
  std::int64_t steps_ = 0;
};

/// The learning rate of `step` of `steps`, from 0: constant, or lr·(1 + cos(π·step/steps))/2 (Loshchilov & Hutter,
/// 2017).
double learning_rate(const TrainSettings& settings, std::int64_t step, std::int64_t steps);

}  // namespace evobrnn
