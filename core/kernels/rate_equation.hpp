// SPDX-License-Identifier: Apache-2.0
/// The fast path as LibTorch sees it: a model says which equation it is, and the whole sequence runs forward and
/// backward as one function of autograd.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/kernels/arguments.hpp"

namespace evobrnn {

/// A model's equation and the quantities in it, through which gradients flow on to the parameters: float32 or float64,
/// on the CPU. Quantities that the form does not have stay undefined.
struct RateEquation {
  kernels::Form form;
  kernels::Quantities<at::Tensor> quantities;
};

/// What a pass runs on, besides the equation; nothing of it gets a gradient.
struct SequenceInput {
  at::Tensor x;      ///< [steps, batch, n_in], the dtype of the quantities
  at::Tensor noise;  ///< [steps, batch, n] added inside φ; undefined: none
  at::Tensor reset;  ///< [batch] int64, the step before which the state returns to its start; ≤ 0 or undefined: never
};

struct SequenceRates {
  at::Tensor last;  ///< [batch, n] after the last step
  at::Tensor all;   ///< [steps, batch, n]; undefined where not asked for
};

/// Runs the sequence; with `all`, every step's rates are returned and may get a gradient.
SequenceRates run_sequence(const RateEquation& equation, const SequenceInput& input, bool all);

}  // namespace evobrnn
