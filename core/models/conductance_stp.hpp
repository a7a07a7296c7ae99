// SPDX-License-Identifier: Apache-2.0
/// A conductance network whose synapses have short-term plasticity: the gate sees the plain rate
/// (core/models/conductance_gate.hpp), the candidate the rate that plasticity lets through
/// (core/models/plasticity.hpp).
///
///     z = dt · σ((A ∘ |W|) r + |P| x + g)
///     r ← (1 − z) r + z φ(W (u ⊙ x_s ⊙ r) + P x + b)
#pragma once

#include "core/models/conductance_gate.hpp"
#include "core/models/plasticity.hpp"

namespace evobrnn {

class ConductanceStp final : public Model {
 public:
  explicit ConductanceStp(const ModelContext& context);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  std::optional<RateEquation> rate_equation() const override;
  State initial_state(std::int64_t batch) const override;
  double time_step() const override { return settings_.dt; }
  at::Tensor largest_gate() const override;
  std::map<std::string, double> hyperparameters() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  const ConductanceGate gate_;
  const Plasticity plasticity_;
};

}  // namespace evobrnn
