// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/paired_tests.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "evolve/statistics/summary.hpp"

namespace evobrnn {
namespace {

constexpr std::size_t kExact = 20;

/// Sums that differ by rounding alone count as equal.
double tolerance(Sample differences) {
  double sum = 0;
  for (const double d : differences) sum += std::abs(d);
  return 1e-12 * sum;
}

double all_flips(Sample differences, double observed) {
  // Gray's code: each step flips one sign.
  double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
  const auto flips = std::uint64_t{1} << differences.size();
  const double least = std::abs(observed) - tolerance(differences);
  std::uint64_t extreme = 0, gray = 0;
  for (std::uint64_t i = 1; i <= flips; ++i) {
    extreme += std::abs(sum) >= least;
    if (i == flips) break;
    const auto bit = static_cast<std::size_t>(__builtin_ctzll(i));
    gray ^= std::uint64_t{1} << bit;
    sum += ((gray >> bit) & 1 ? -2 : 2) * differences[bit];
  }
  return static_cast<double>(extreme) / static_cast<double>(flips);
}

}  // namespace

double sign_flip_p(Sample differences, Chance& chance, int resamples) {
  require_finite(differences, "differences");
  if (differences.empty()) return 1;
  const double observed = std::accumulate(differences.begin(), differences.end(), 0.0);
  if (differences.size() <= kExact) return all_flips(differences, observed);
  const double least = std::abs(observed) - tolerance(differences);
  int extreme = 0;
  for (int i = 0; i < resamples; ++i) {
    double sum = 0;
    for (const double d : differences) sum += chance.bits() >> 63 ? d : -d;
    extreme += std::abs(sum) >= least;
  }
  return (extreme + 1.0) / (resamples + 1.0);
}

double equivalence_p(Sample differences, double margin) {
  require_finite(differences, "differences");
  if (!(margin > 0)) throw std::invalid_argument("margin must be above 0");
  if (differences.size() < 2) return 1;
  const double center = mean(differences), spread = deviation(differences);
  const auto n = static_cast<double>(differences.size());
  if (spread == 0) return std::abs(center) < margin ? 0 : 1;
  const boost::math::students_t t(n - 1);
  const double error = spread / std::sqrt(n);
  const double above = cdf(complement(t, (center + margin) / error)), below = cdf(t, (center - margin) / error);
  return std::max(above, below);
}

std::optional<Interval> equivalence_interval(Sample differences, double alpha) {
  require_finite(differences, "differences");
  if (differences.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(differences.size());
  const double center = mean(differences), reach = quantile(complement(boost::math::students_t(n - 1), alpha)) *
                                                   deviation(differences) / std::sqrt(n);
  return Interval{center - reach, center + reach};
}

std::vector<double> holm(Sample p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, static_cast<double>(order.size() - i) * p_values[order[i]]);
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

}  // namespace evobrnn
