// SPDX-License-Identifier: Apache-2.0
/// Leaky recurrent network: a constant gate.
///
///     r ← (1 − z) r + z φ(W r + P x + b),   z in (0, 1] set, not trained
///
/// z = 1 is the vanilla network (Elman, 1990, Finding structure in time); z = dt/τ is the usual discretisation of a
/// continuous rate network (Song, Yang & Wang, 2016, PLoS Comput Biol 12: e1004792, eq. 5).
#pragma once

#include "core/models/model.hpp"

namespace evobrnn {

class Leaky final : public Model {
 public:
  /// `z` in (0, 1].
  Leaky(const ModelContext& context, double z);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  std::optional<RateEquation> rate_equation() const override;
  double time_step() const override { return z_; }
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  const double z_;
};

}  // namespace evobrnn
