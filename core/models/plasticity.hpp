// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity of a presynaptic unit: utilisation u rises and resources x_s fall with its rate.
///
///     u   ← U z_u + (1 − z_u) u + δ U (1 − u) r
///     x_s ← z_x + (1 − z_x) x_s − δ u_new x_s r
///
/// r is the rate before the step, u goes first, u_0 = U, x_s,0 = 1. Tsodyks & Markram (1997); as discretised by
/// Mongillo, Barak & Tsodyks (2008), Science 319: 1543, and Masse et al. (2019), Nat Neurosci 22: 1159. Trained, U =
/// σ(c_U), z_u = σ(c_u), z_x = σ(c_x).
#pragma once

#include <map>
#include <string>

#include "core/models/model.hpp"

namespace evobrnn {

class Plasticity {
 public:
  /// Adds c_u, c_x, c_U where model.stp_constants = "trained"; else the constants are held fixed.
  Plasticity(const ModelSettings& settings, Initial& initial);

  /// The constants of a pass, each [n].
  struct Constants {
    at::Tensor U, z_u, z_x;
  };
  Constants constants() const;

  /// `state` with u and x_s at their start.
  State initial(State state) const;
  /// u and x_s after the step that follows `before`; those of `held` where it has them (Model::hold).
  std::pair<at::Tensor, at::Tensor> step(const Constants& constants, const State& before, const State& held) const;

  /// Makes the candidate of the equation see u ⊙ x_s ⊙ r.
  void add_to(RateEquation& equation) const;

  std::map<std::string, double> hyperparameters() const;

 private:
  const double delta_;
  at::Tensor c_U, c_u, c_x;   ///< [n] raw; undefined where set
  at::Tensor U_, z_u_, z_x_;  ///< [n] what is set; undefined where trained
};

/// Biophysical constants: the utilisation U and both time constants.
struct PlasticityConstants {
  double U = 0, tau_u_ms = 0, tau_x_ms = 0;
};
inline constexpr PlasticityConstants kFacilitating{0.15, 1500, 200};  // Masse et al. (2019)
inline constexpr PlasticityConstants kDepressing{0.45, 200, 1500};    // Masse et al. (2019)
inline constexpr PlasticityConstants kMongillo{0.20, 1500, 200};      // Mongillo, Barak & Tsodyks (2008)

}  // namespace evobrnn
