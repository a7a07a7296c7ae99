// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace evobrnn {
namespace {

void require_values(Sample sample) {
  if (sample.empty()) throw std::invalid_argument("sample must hold at least one value");
  require_finite(sample, "sample");
}

}  // namespace

double mean(Sample sample) {
  require_values(sample);
  return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double median(Sample sample) { return quantile(sample, 0.5); }

double deviation(Sample sample) {
  const double center = mean(sample);
  if (sample.size() < 2) return 0;
  double squares = 0;
  for (const double x : sample) squares += (x - center) * (x - center);
  return std::sqrt(squares / static_cast<double>(sample.size() - 1));
}

double quantile(Sample sample, double p) {
  require_values(sample);
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument("p must be in [0, 1]");
  const auto values = sorted(sample);
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], place - static_cast<double>(below));
}

double interquartile_mean(Sample sample) {
  require_values(sample);
  const auto values = sorted(sample);
  const auto n = static_cast<double>(values.size());
  const double from = n / 4, to = 3 * n / 4;  // value i covers [i, i + 1)
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto place = static_cast<double>(i);
    sum += values[i] * std::max(0.0, std::min(place + 1, to) - std::max(place, from));
  }
  return sum / (to - from);
}

Summary summarise(Sample sample) {
  const auto [low, high] = std::minmax_element(sample.begin(), sample.end());
  return {sample.size(), mean(sample), median(sample), deviation(sample), interquartile_mean(sample), *low, *high};
}

}  // namespace evobrnn
