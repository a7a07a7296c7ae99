// SPDX-License-Identifier: Apache-2.0
/// Forms of forgetting. What is left of the start above chance, at a time t since the first, is
///
///     left(t) = w + (1 − w) g(t),   g(0) = 1, g(τ) = 1/2, g(∞) = 0
///
///     exponential  g = 2^(−t / τ)                                 one rate
///     power        g = 2^(−ln(1 + t) / ln(1 + τ))                 many rates (Wixted & Ebbesen, 1991)
///     logistic     g = (E − 1) / (E − 2 + E^(t / τ)), E = 2^(1/q) kept for a while, then lost; q = 1 is exponential
///     constant     g = 1                                          nothing is lost
///
/// w is the share of the start that stays: 0, or fitted ("to a floor"). Half of the start is left at the half-life,
/// which is τ where w = 0 and never comes where w ≥ 1/2.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace evobrnn {

enum class DecayShape { constant, exponential, power, logistic };

struct DecayForm {
  std::string name;
  DecayShape shape = DecayShape::constant;
  bool floor = false;  ///< whether w is fitted

  bool has_width() const { return shape == DecayShape::logistic; }
  /// Numbers that a fit sets: start, τ, w, q.
  std::size_t parameters() const {
    return 1U + (shape == DecayShape::constant ? 0U : 1U) + (floor ? 1U : 0U) + (has_width() ? 1U : 0U);
  }
};

/// Every form, the simplest first.
const std::vector<DecayForm>& decay_forms();

struct DecayValues {
  double start = 0;  ///< above chance, at the first time
  double tau = 1;    ///< steps
  double share = 0;  ///< w
  double width = 1;  ///< q, of the logistic form
};

/// left(t) as above.
double left_at(const DecayForm& form, const DecayValues& values, double t);
/// Where left(t) is 1/2; infinite where it never is.
double half_life_of(const DecayForm& form, const DecayValues& values);
/// The τ with which the half-life is h, for w < 1/2.
double tau_for(const DecayForm& form, double half_life, double share, double width);

}  // namespace evobrnn
