// SPDX-License-Identifier: Apache-2.0
/// The gate of a conductance network: driven by the same synapses as the rate, in absolute value, scaled by A.
///
///     z = dt · σ((A ∘ |W|) r + |P| x + g)
///
/// A scales the recurrent conductance: one value, one a presynaptic unit, one a postsynaptic unit, one a synapse, or
/// one for excitatory and one for inhibitory presynaptic units. Trained, A = 10 σ(a) and dt = σ(d); set by the search
/// or the user they are constants.
///
/// as_coded reproduces how the source's program departs from that equation, for two kinds of A: it multiplies matrices
/// in place of elements. Kind ei: |W| (Aᵀ r), with (Aᵀ r)_i = A_type(i) Σ_j r_j. Kind matrix: (A |W|) r.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/kernels/rate_equation.hpp"
#include "core/models/initial.hpp"

namespace evobrnn {

class ConductanceGate {
 public:
  /// Adds g, and what `model.trained` names of a, a_E, a_I, d. Settings and Dale outlive the gate.
  ConductanceGate(const ModelSettings& settings, const Dale& dale, Initial& initial);

  /// z of step t from the rate before it: [batch, n] → [batch, n].
  using Gate = std::function<at::Tensor(const at::Tensor& r, std::int64_t t)>;
  /// Prepares a pass over x [steps, batch, n_in].
  Gate unroll(const at::Tensor& W, const at::Tensor& P, const at::Tensor& x) const;

  /// Makes this the gate of an equation that has W, P and, where it has it, plasticity.
  void add_to(RateEquation& equation) const;

  /// A as it multiplies |W|: broadcasts to [n, n], row i postsynaptic, column j presynaptic.
  at::Tensor A() const;
  /// The time increment, a scalar in (0, 1].
  at::Tensor dt() const;
  /// dt, and A_E and A_I or A (its mean).
  std::map<std::string, double> hyperparameters() const;

 private:
  bool trained(const std::string& name) const;
  /// [n, n] the weights of r in the gate: A ∘ |W|, or what as_coded makes of it.
  at::Tensor conductances(const at::Tensor& W) const;

  const ModelSettings& settings_;
  const Dale& dale_;
  at::Tensor g;                    ///< [n] bias of the conductance
  at::Tensor a_;                   ///< raw a; undefined where A is set
  at::Tensor a_E_, a_I_;           ///< raw a of a_kind = ei; undefined where set
  at::Tensor d_;                   ///< raw dt; undefined where dt is set
  at::Tensor A_, A_E_, A_I_, dt_;  ///< what is set
};

}  // namespace evobrnn
