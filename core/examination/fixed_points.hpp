// SPDX-License-Identifier: Apache-2.0
/// Where the whole state of a network stands still, or nearly so, on constant input (Sussillo & Barak, 2013, Neural
/// Computation 25: 626).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/models/network.hpp"

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
  /// A state of one sample: what the parts of s look like.
  const State& like() const { return start_; }

 private:
  const Network& network_;
  const at::Tensor input_;
  const State start_;
  const std::int64_t size_;
};

/// What each entry of a state can be: [size] double, infinite where nothing bounds it.
struct StateBounds {
  at::Tensor low, high;
};
/// r as the activation bounds it, u and x_s from 0 to 1, a model's own state unbounded.
StateBounds state_bounds(const ModelSettings& settings, const StateMap& map);

struct FixedPoint {
  at::Tensor s;            ///< [size] double
  double speed = 0;        ///< ‖F(s) − s‖ / √size
  at::Tensor eigenvalues;  ///< of the Jacobian, complex double, the largest modulus first
  double largest = 0;      ///< its modulus: under 1 the point is stable
};

/// How the searches ended, each once.
struct SearchEnds {
  std::int64_t fixed = 0;    ///< where the state stands still
  std::int64_t resting = 0;  ///< at a minimum of the speed that is no fixed point, slow or not
  std::int64_t capped = 0;   ///< at the limit of iterations: nothing is known of these
  std::int64_t outside = 0;  ///< at the border of the possible states, on their way out: dropped
};

struct FixedPoints {
  std::vector<FixedPoint> points;  ///< different ones, the stillest first
  SearchEnds ends;
};

inline constexpr double kFixed = 1e-8, kSlow = 1e-3;
/// Iterations of a search at most: of Adam, then of Gauss–Newton.
inline constexpr std::int64_t kDescent = 1000, kPolish = 100;

/// Searches from each row of `starts` ([starts, size], double) for a minimum of the speed ‖F(s) − s‖² among the
/// possible states: all together by Adam in coordinates that cannot leave them (the logit of where an entry lies
/// between its bounds), then each by damped Gauss–Newton steps cut off at the bounds. A minimum is fixed where the
/// speed is under kFixed, slow where it is under kSlow; others are left out.
FixedPoints find_fixed_points(const StateMap& map, const at::Tensor& starts, const StateBounds& bounds);

/// Where states come to after a long run on the map's input: until all stand still (speed under kFixed), or `most`
/// steps. s: [samples, size].
at::Tensor run_on(const StateMap& map, at::Tensor s, std::int64_t most);

/// The root mean square of each row.
at::Tensor sizes_of_rows(const at::Tensor& rows);

/// States this near to each other (root mean square over their entries) are one.
inline constexpr double kSamePoint = 1e-3;
/// One row of each that differ.
at::Tensor distinct(const at::Tensor& rows);

}  // namespace evobrnn
