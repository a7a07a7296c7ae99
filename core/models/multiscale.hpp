// SPDX-License-Identifier: Apache-2.0
/// A gate of its own for every unit, constant in time and trained, so that units keep many time scales.
///
///     z = z_lo + (z_hi − z_lo) σ(c_z)
///     r ← (1 − z) r + z φ(W r + P x + b)
///
/// Trained time constants: Perez-Nieves, Leung, Dragotti & Goodman (2021), Nat Commun 12: 5791. They start
/// log-uniformly between the two ends.
#pragma once

#include "core/models/model.hpp"

namespace evobrnn {

class Multiscale final : public Model {
 public:
  explicit Multiscale(const ModelContext& context);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  std::optional<RateEquation> rate_equation() const override;
  std::map<std::string, double> hyperparameters() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  /// [n] the gate of every unit.
  at::Tensor z() const;

  at::Tensor c_z;  ///< [n] raw z
};

}  // namespace evobrnn
