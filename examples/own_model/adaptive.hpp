// SPDX-License-Identifier: Apache-2.0
/// Leaky network whose units tire: each carries a current that follows its rate and works against its drive.
///
///     r ← (1 − z) r + z φ(W r + P x + b − β a)
///     a ← a + (r − a) / τ_a
///
/// Spike-frequency adaptation as one linear current, Benda & Herz (2003), Neural Computation 15: 2523; the rate as
/// in Song, Yang & Wang (2016), PLoS Comput Biol 12: e1004792, eq. 5. β = 0 is the leaky network.
#pragma once

#include <evobrnn/core/models/model.hpp>

namespace own_model {

class Adaptive final : public evobrnn::Model {
 public:
  explicit Adaptive(const evobrnn::ModelContext& context);
  evobrnn::State initial_state(std::int64_t batch) const override;
  evobrnn::Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  double time_step() const override { return settings_.z; }

 private:
  const double beta_, tau_a_;
};

/// The model as the registry wants it: what it is, its settings, how it is made, what a step costs.
evobrnn::ModelEntry adaptive();

}  // namespace own_model
