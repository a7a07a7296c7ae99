// SPDX-License-Identifier: Apache-2.0
/// Anytime curves: the best score so far against what was spent, a step function for each repetition.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "evolve/statistics/sample.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// (cost, best so far) where it rose, both rising.
using ProgressSteps = std::vector<std::pair<double, double>>;

/// The best score once `cost` was spent; nothing before the first step.
std::optional<double> best_at(const ProgressSteps& steps, double cost);
/// The cost at which the score reached the target; nothing where it never did.
std::optional<double> cost_of(const ProgressSteps& steps, double target);
/// Mean of the best score over the costs from `begin` to `end`, as if everything before the first step were as good as
/// that step. Nothing without steps. begin < end.
std::optional<double> mean_height(const ProgressSteps& steps, double begin, double end);

/// Over repetitions, at the points of a grid: median and quartiles of the best so far, among those that have one.
struct CurveBand {
  std::vector<double> cost;    ///< the grid, ascending
  std::vector<double> median;  ///< at each cost
  std::vector<double> low;     ///< lower quartile
  std::vector<double> high;    ///< upper quartile
};
/// `points` costs, evenly spaced from that at which every curve has begun to `end`. Empty where a curve has no step.
CurveBand curve_band(const std::vector<ProgressSteps>& curves, double end, std::size_t points);

}  // namespace evobrnn
