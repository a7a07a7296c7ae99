// SPDX-License-Identifier: Apache-2.0
/// The network as a dynamical system: principal components of its trajectories, its fixed and slow points, and the
/// spectrum of its recurrent weights.
#pragma once

#include "core/examination/activity.hpp"

namespace evobrnn {

/// The map of one step on constant input, over the whole state s = (r, u, x_s, and the model's own), as far as it
/// has them.
class StateMap {
 public:
  /// input: [n_in]. The network outlives it.
  StateMap(const Network& network, const at::Tensor& input);

  /// s: [batch, size] → [batch, size].
  at::Tensor operator()(const at::Tensor& s) const;
  /// ∂F_i/∂s_j at s [size]: [size, size].
  at::Tensor jacobian(const at::Tensor& s) const;
  /// The state in one row a sample.
  static at::Tensor joined(const State& state);
  std::int64_t size() const { return size_; }

 private:
  const Network& network_;
  const at::Tensor input_;
  const State start_;  ///< of one sample: what the parts of s look like
  const std::int64_t size_;
};

struct FixedPoint {
  at::Tensor s;            ///< [size] double
  double speed = 0;        ///< ‖F(s) − s‖ / √size
  at::Tensor eigenvalues;  ///< of the Jacobian, complex double, the largest modulus first
  double largest = 0;      ///< its modulus: under 1 the point is stable
};

/// Searches from each row of `starts` ([starts, size], double) for a minimum of ‖F(s) − s‖² by damped Gauss–Newton
/// steps (as Sussillo & Barak, 2013, Neural Computation 25: 626, search them). Returns different ones, the stillest
/// first: fixed where the speed is under kFixed, slow where it is under kSlow; others are left out.
std::vector<FixedPoint> find_fixed_points(const StateMap& map, const at::Tensor& starts);
inline constexpr double kFixed = 1e-8, kSlow = 1e-3;

/// Figures "components", "paths", "fixed_points", "eigenvalues", "spectrum".
void add_dynamics(const Subject& subject, const Activity& activity, const ExaminationOptions& options,
                  Examination& examination);

}  // namespace evobrnn
