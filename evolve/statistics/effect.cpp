// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/effect.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "evolve/statistics/summary.hpp"
#include "evolve/statistics/wilcoxon.hpp"

namespace evobrnn {

double vargha_delaney(Sample left, Sample right) {
  require_finite(left, "left");
  require_finite(right, "right");
  if (left.empty() || right.empty()) throw std::invalid_argument("left and right must hold at least one value each");
  double wins = 0;
  for (const double x : left) {
    for (const double y : right) wins += x > y ? 1 : x == y ? 0.5 : 0;
  }
  return wins / static_cast<double>(left.size() * right.size());
}

double cliffs_delta(Sample left, Sample right) { return 2 * vargha_delaney(left, right) - 1; }

std::optional<double> standardised_difference(Sample differences) {
  if (differences.size() < 2) return std::nullopt;
  const double spread = deviation(differences);
  return spread > 0 ? std::optional(mean(differences) / spread) : std::nullopt;
}

double signed_rank_power(std::size_t n, double effect, double alpha) {
  constexpr int kSamples = 4000;
  constexpr std::size_t kExact = 50;
  if (smallest_signed_rank_p(n) > alpha) return 0;
  const auto critical = n <= kExact ? critical_doubled_sum(n, alpha) : std::nullopt;
  const auto total = static_cast<std::int64_t>(n * (n + 1));
  Chance chance(n);
  std::vector<double> differences(n), sizes(n);
  int seen = 0;
  for (int i = 0; i < kSamples; ++i) {
    for (auto& d : differences) d = effect + chance.normal();
    if (!critical) {
      seen += signed_rank(differences).p <= alpha;
      continue;
    }
    std::transform(differences.begin(), differences.end(), sizes.begin(), [](double d) { return std::abs(d); });
    const auto ranks = doubled_ranks(sizes);
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += differences[j] > 0 ? ranks[j] : 0;
    seen += std::min(sum, total - sum) <= *critical;
  }
  return static_cast<double>(seen) / kSamples;
}

std::optional<double> detectable_effect(std::size_t n, double alpha, double power) {
  if (smallest_signed_rank_p(n) > alpha) return std::nullopt;
  double low = 0, high = 1;
  while (signed_rank_power(n, high, alpha) < power) high *= 2;
  constexpr double kEnough = 0.01;
  while (high - low > kEnough) {
    const double middle = (low + high) / 2;
    (signed_rank_power(n, middle, alpha) < power ? low : high) = middle;
  }
  return high;
}

}  // namespace evobrnn
