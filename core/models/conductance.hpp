// SPDX-License-Identifier: Apache-2.0
/// The biologically plausible recurrent network (bRNN): the gate is a conductance, driven by the same synapses as the
/// rate (core/models/conductance_gate.hpp).
///
///     z = dt · σ((A ∘ |W|) r + |P| x + g)
///     r ← (1 − z) r + z φ(W r + P x + b)
#pragma once

#include "core/models/conductance_gate.hpp"
#include "core/models/model.hpp"

namespace evobrnn {

class Conductance final : public Model {
 public:
  explicit Conductance(const ModelContext& context);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  std::optional<RateEquation> rate_equation() const override;
  double time_step() const override { return settings_.dt; }
  at::Tensor largest_gate() const override;
  std::map<std::string, double> hyperparameters() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  const ConductanceGate gate_;
};

}  // namespace evobrnn
