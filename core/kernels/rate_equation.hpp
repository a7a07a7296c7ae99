// SPDX-License-Identifier: Apache-2.0
/// The fast path as LibTorch sees it: a model says which equation it is, and the whole sequence runs forward and
/// backward as one piece, with or without a graph of autograd.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "core/kernels/arguments.hpp"
#include "core/kernels/workspace.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A model's equation and the quantities in it, through which gradients flow on to the parameters: float32 or float64,
/// on the CPU. Quantities that the form does not have stay undefined.
struct RateEquation {
  kernels::Form form;                          ///< which of the covered equations
  kernels::Quantities<at::Tensor> quantities;  ///< what stands in it, now
};

/// What a pass runs on, besides the equation; nothing of it gets a gradient.
struct SequenceInput {
  at::Tensor x;      ///< [steps, batch, n_in], the dtype of the quantities
  at::Tensor noise;  ///< [steps, batch, n] added inside φ; undefined: none
  at::Tensor reset;  ///< [batch] int64, the step before which the state returns to its start; ≤ 0 or undefined: never
};

/// What the kernels run.
struct SequenceProblem {
  RateEquation equation;  ///< of the model
  SequenceInput input;    ///< what it runs on
};

/// Rates, or their gradients.
struct SequenceRates {
  at::Tensor last;  ///< [batch, n] after the last step
  at::Tensor all;   ///< [steps, batch, n]; undefined where not asked for
};

/// Runs the sequence; with `all`, every step's rates are returned and may get a gradient.
SequenceRates run_sequence(const RateEquation& equation, const SequenceInput& input, bool all);

/// One pass over a sequence, forward and then backward, for who brings the gradients of the rates himself. What it
/// works in comes from the thread's pool: a pass allocates nothing.
class SequencePass {
 public:
  /// Takes both over as contiguous tensors; nothing runs yet.
  SequencePass(const RateEquation& equation, const SequenceInput& input);

  /// Writes those of the rates that are defined. With `keep`, backward() may follow.
  void forward(const SequenceRates& rates, bool keep);
  /// Writes the gradients of the quantities that are defined in `gradients`, contiguous, from those of the rates. W and
  /// P, and G and Q where the form has them, have to be.
  void backward(const SequenceRates& of_rates, const kernels::Quantities<at::Tensor>& gradients) const;
  /// Adds to the gradients of the parameters that the quantities are or were computed from. Those that are quantities
  /// themselves, each once, have a gradient of zero before.
  void backward_to_parameters(const SequenceRates& of_rates) const;

  /// Bytes that a pass works in; with `keep`, one that backward() follows. Of x only shape and dtype matter.
  static std::size_t workspace_bytes(const SequenceProblem& problem, bool keep);

  /// The equation that it runs, contiguous.
  const RateEquation& equation() const { return equation_; }

 private:
  RateEquation equation_;  ///< contiguous
  SequenceInput input_;    ///< contiguous
  bool keep_ = false;
  std::optional<kernels::Workspace> workspace_;
};

}  // namespace evobrnn
