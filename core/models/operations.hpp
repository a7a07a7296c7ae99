// SPDX-License-Identifier: Apache-2.0
/// Operations beside multiply-adds, of one unit in one time step: docs/PERFORMANCE.md says what is counted. Biases and
/// the sums of several products count with the products, whose first addition is none.
#pragma once

#include <algorithm>
#include <string>

#include "core/models/model.hpp"

namespace evobrnn::operations {

/// Forward and backward.
struct Unit {
  double forward = 0, backward = 0;
  friend Unit operator+(Unit a, const Unit& b) { return {a.forward + b.forward, a.backward + b.backward}; }
};

/// σ, tanh and exp count as so many.
inline constexpr double kFunction = 10;

/// r ← r + z (φ(drive) − r) with a z that is given.
inline constexpr Unit kRate{kFunction + 3, 6};
/// The gradient of z itself.
inline constexpr Unit kTrainedZ{0, 2};
/// z = dt σ(drive), and the way back through it.
inline constexpr Unit kGate{kFunction + 1, 6};
/// z = σ(drive).
inline constexpr Unit kFreeGate{kFunction, 5};
/// Both drives from y_E and y_I.
inline constexpr Unit kSplit{4, 4};
/// u, x_s and u x_s r.
inline constexpr Unit kPlasticity{14, 21};
/// The gradients of U, z_u and z_x.
inline constexpr Unit kTrainedPlasticity{0, 8};

inline bool trains(const ModelSettings& settings, const std::string& name) {
  return std::find(settings.trained.begin(), settings.trained.end(), name) != settings.trained.end();
}

/// Whether W r = y_E − y_I and (A ∘ |W|) r = A_E y_E + A_I y_I need one n × n product: under Dale, with a one- or
/// two-valued A.
inline bool is_split(const ModelSettings& settings) {
  return settings.dale && (settings.a_kind == "ei" || settings.a_kind == "constant");
}

/// The conductance gate with what gradients train of it.
inline Unit gate_of(const ModelSettings& settings, bool split) {
  auto unit = kGate;
  if (split) unit = unit + kSplit;
  if (trains(settings, "dt")) unit.backward += 2;
  // Elsewhere the gradient of A comes from that of A ∘ |W|, once a training step.
  if (split) {
    const bool both = trains(settings, "A");
    unit.backward += 2 * (both || trains(settings, "A_E")) + 2 * (both || trains(settings, "A_I"));
  }
  return unit;
}

inline Unit plasticity_of(const ModelSettings& settings) {
  return settings.stp_constants == "trained" ? kPlasticity + kTrainedPlasticity : kPlasticity;
}

/// The count of a network of n units.
inline ProductCount count(double recurrent, double input, const ModelSettings& settings, const Unit& unit) {
  const auto n = static_cast<double>(settings.n);
  return {recurrent, input, n * unit.forward, n * unit.backward};
}

}  // namespace evobrnn::operations
