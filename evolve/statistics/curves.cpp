// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/curves.hpp"

#include <algorithm>
#include <cmath>

#include "evolve/statistics/summary.hpp"

namespace evobrnn {

std::optional<double> best_at(const ProgressSteps& steps, double cost) {
  const auto after =
      std::upper_bound(steps.begin(), steps.end(), cost, [](double c, const auto& step) { return c < step.first; });
  return after == steps.begin() ? std::nullopt : std::optional(std::prev(after)->second);
}

std::optional<double> cost_of(const ProgressSteps& steps, double target) {
  const auto there =
      std::find_if(steps.begin(), steps.end(), [target](const auto& step) { return step.second >= target; });
  return there == steps.end() ? std::nullopt : std::optional(there->first);
}

std::optional<double> mean_height(const ProgressSteps& steps, double begin, double end) {
  if (steps.empty()) return std::nullopt;
  double area = 0, from = begin, height = steps.front().second;
  for (const auto& [cost, score] : steps) {
    const double to = std::clamp(cost, from, end);
    area += height * (to - from);
    from = to;
    height = score;
  }
  return (area + height * (end - from)) / (end - begin);
}

CurveBand curve_band(const std::vector<ProgressSteps>& curves, double end, std::size_t points) {
  CurveBand band;
  double begin = 0;
  for (const auto& steps : curves) {
    if (steps.empty()) return band;
    begin = std::max(begin, steps.front().first);
  }
  if (curves.empty() || begin > end || points < 2) return band;
  for (std::size_t i = 0; i < points; ++i) {
    const double cost = std::lerp(begin, end, static_cast<double>(i) / static_cast<double>(points - 1));
    std::vector<double> heights;
    for (const auto& steps : curves) heights.push_back(*best_at(steps, cost));
    band.cost.push_back(cost);
    band.median.push_back(median(heights));
    band.low.push_back(quantile(heights, 0.25));
    band.high.push_back(quantile(heights, 0.75));
  }
  return band;
}

}  // namespace evobrnn
