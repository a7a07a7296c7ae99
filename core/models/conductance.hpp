// SPDX-License-Identifier: Apache-2.0
/// The biologically plausible recurrent network (bRNN): the gate is a conductance, driven by the same synapses as the
/// rate.
///
///     z = dt · σ((A ∘ |W|) r + |P| x + g)
///     r ← (1 − z) r + z φ(W r + P x + b)
///
/// A scales the recurrent conductance: one value, one a presynaptic unit, one a postsynaptic unit, one a synapse, or
/// one for excitatory and one for inhibitory presynaptic units (docs/ARCHITECTURE.md, glossary). Trained, A = 10 σ(a)
/// and dt = σ(d); set by the search they are constants.
#pragma once

#include "core/models/model.hpp"

namespace evobrnn {

class Conductance final : public Model {
 public:
  explicit Conductance(const ModelContext& context);
  Step unroll(const at::Tensor& x) const override;
  std::map<std::string, double> hyperparameters() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

  /// A as it multiplies |W|: broadcasts to [n, n], row i postsynaptic, column j presynaptic.
  at::Tensor A() const;
  /// The time increment, a scalar in (0, 1].
  at::Tensor dt() const;

 private:
  at::Tensor g;           ///< [n] bias of the conductance
  at::Tensor a_;          ///< raw a; undefined where A is set
  at::Tensor a_E_, a_I_;  ///< raw a of a_kind = ei; undefined where set
  at::Tensor d_;          ///< raw dt; undefined where dt is set
};

}  // namespace evobrnn
