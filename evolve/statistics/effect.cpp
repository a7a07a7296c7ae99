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

double probability_of_improvement(Sample differences) {
  require_finite(differences, "differences");
  if (differences.empty()) throw std::invalid_argument("differences must hold at least one value");
  double wins = 0;
  for (const double d : differences) wins += d > 0 ? 1 : d == 0 ? 0.5 : 0;
  return wins / static_cast<double>(differences.size());
}

std::optional<double> correlation(Sample left, Sample right) {
  const auto pairs = paired_differences(left, right).size();
  if (pairs < 3) return std::nullopt;
  const double left_mean = mean(left), right_mean = mean(right);
  double both = 0, left_squares = 0, right_squares = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    const double x = left[i] - left_mean, y = right[i] - right_mean;
    both += x * y;
    left_squares += x * x;
    right_squares += y * y;
  }
  // What is left of equal values by rounding is no spread.
  constexpr double kRounding = 1e-24;
  const auto varies = [&](double squares, double center) {
    return squares > kRounding * static_cast<double>(pairs) * std::max(center * center, 1e-200);
  };
  if (!varies(left_squares, left_mean) || !varies(right_squares, right_mean)) return std::nullopt;
  return std::clamp(both / std::sqrt(left_squares * right_squares), -1.0, 1.0);
}

double cliffs_delta(Sample left, Sample right) { return 2 * vargha_delaney(left, right) - 1; }

std::optional<double> standardised_difference(Sample differences) {
  if (differences.size() < 2) return std::nullopt;
  const double spread = deviation(differences);
  return spread > 0 ? std::optional(mean(differences) / spread) : std::nullopt;
}

namespace {

constexpr int kSamples = 2000;

/// Standard normal differences of many comparisons of n pairs, to which any effect can be added.
class Simulated {
 public:
  Simulated(std::size_t n, double alpha)
      : n_(n), alpha_(alpha), draws_(kSamples * n), critical_(critical_sum(n, alpha)) {
    Chance chance(n);
    for (auto& draw : draws_) draw = chance.normal();
  }

  /// The share of the comparisons that the test calls different.
  double power(double effect) const {
    int seen = 0;
    std::vector<double> differences(n_);
    for (std::size_t i = 0; i < kSamples; ++i) {
      std::transform(draws_.begin() + static_cast<std::ptrdiff_t>(i * n_),
                     draws_.begin() + static_cast<std::ptrdiff_t>((i + 1) * n_), differences.begin(),
                     [effect](double draw) { return draw + effect; });
      seen += critical_ ? exceeds(differences) : signed_rank(differences).p <= alpha_;
    }
    return static_cast<double>(seen) / kSamples;
  }

 private:
  static std::optional<std::int64_t> critical_sum(std::size_t n, double alpha) {
    return n <= kExactPairs ? critical_doubled_sum(n, alpha) : std::nullopt;
  }

  bool exceeds(const std::vector<double>& differences) const {
    std::vector<double> sizes(n_);
    std::transform(differences.begin(), differences.end(), sizes.begin(), [](double d) { return std::abs(d); });
    const auto ranks = doubled_ranks(sizes);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < n_; ++i) sum += differences[i] > 0 ? ranks[i] : 0;
    return std::min(sum, static_cast<std::int64_t>(n_ * (n_ + 1)) - sum) <= *critical_;
  }

  const std::size_t n_;
  const double alpha_;
  std::vector<double> draws_;
  const std::optional<std::int64_t> critical_;
};

}  // namespace

double signed_rank_power(std::size_t n, double effect, double alpha) {
  return smallest_signed_rank_p(n) > alpha ? 0 : Simulated(n, alpha).power(effect);
}

std::optional<double> detectable_effect(std::size_t n, double alpha, double power) {
  if (smallest_signed_rank_p(n) > alpha) return std::nullopt;
  const Simulated simulated(n, alpha);
  double low = 0, high = 1;
  while (simulated.power(high) < power) high *= 2;
  constexpr double kEnough = 0.01;
  while (high - low > kEnough) {
    const double middle = (low + high) / 2;
    (simulated.power(middle) < power ? low : high) = middle;
  }
  return high;
}

}  // namespace evobrnn
