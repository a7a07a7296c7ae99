// SPDX-License-Identifier: Apache-2.0
/// A leaky network whose synapses have short-term plasticity (core/models/plasticity.hpp).
///
///     r ← (1 − z_h) r + z_h φ(W (u ⊙ x_s ⊙ r) + P x + b),   z_h = σ(c_h) a unit, trained with the other constants
///
/// Masse et al. (2019), Nat Neurosci 22: 1159, with u and x_s of this step.
#pragma once

#include "core/models/plasticity.hpp"

namespace evobrnn {

class Stp final : public Model {
 public:
  explicit Stp(const ModelContext& context);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  std::optional<RateEquation> rate_equation() const override;
  State initial_state(std::int64_t batch) const override;
  double time_step() const override { return settings_.z; }
  std::map<std::string, double> hyperparameters() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  /// [n] the gate of every unit.
  at::Tensor z_h() const;

  at::Tensor c_h;   ///< [n] raw z_h; undefined where set
  at::Tensor z_h_;  ///< [n] undefined where trained
  const Plasticity plasticity_;
};

}  // namespace evobrnn
