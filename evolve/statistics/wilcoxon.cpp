// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/wilcoxon.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "evolve/statistics/summary.hpp"

namespace evobrnn {
namespace {

double upper_tail(double z) { return boost::math::cdf(boost::math::complement(boost::math::normal(), z)); }

/// Probability of each sum of a random subset of the doubled ranks: every sign is as likely as the other.
std::vector<double> null_distribution(const std::vector<std::int64_t>& ranks) {
  const auto total = static_cast<std::size_t>(std::accumulate(ranks.begin(), ranks.end(), std::int64_t{0}));
  std::vector<double> probability(total + 1, 0);
  probability[0] = 1;
  std::size_t reached = 0;
  for (const auto r : ranks) {
    const auto rank = static_cast<std::size_t>(r);
    reached += rank;
    for (auto sum = reached + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  }
  return probability;
}

double exact_p(const std::vector<std::int64_t>& ranks, std::int64_t positive) {
  const auto probability = null_distribution(ranks);
  // It is symmetric: the smaller tail, twice.
  const auto total = static_cast<std::int64_t>(probability.size()) - 1;
  const auto tail = std::min(positive, total - positive);
  return std::min(1.0, 2 * std::accumulate(probability.begin(), probability.begin() + tail + 1, 0.0));
}

double normal_p(const std::vector<std::int64_t>& ranks, double positive) {
  double mean = 0, variance = 0;  // of the sum of ranks, each taken or not
  for (const auto r : ranks) {
    const double rank = static_cast<double>(r) / 2;
    mean += rank / 2;
    variance += rank * rank / 4;
  }
  constexpr double kContinuity = 0.5;
  const double distance = std::max(0.0, std::abs(positive - mean) - kContinuity);
  return std::min(1.0, 2 * upper_tail(distance / std::sqrt(variance)));
}

std::vector<double> walsh_averages(Sample differences) {
  std::vector<double> averages;
  averages.reserve(differences.size() * (differences.size() + 1) / 2);
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = i; j < differences.size(); ++j) averages.push_back((differences[i] + differences[j]) / 2);
  }
  std::sort(averages.begin(), averages.end());
  return averages;
}

std::vector<std::int64_t> untied_ranks(std::size_t n) {
  std::vector<std::int64_t> ranks(n);
  for (std::size_t i = 0; i < n; ++i) ranks[i] = 2 * static_cast<std::int64_t>(i + 1);
  return ranks;
}

/// How many of the smallest rank sums 0, 1, … together have a probability of at most alpha / 2.
std::size_t sums_within(std::size_t n, double alpha) {
  const auto probability = null_distribution(untied_ranks(n));
  double below = 0;
  std::size_t k = 0;
  while (2 * (below + probability[2 * k]) <= alpha) below += probability[2 * k++];
  return k;
}

/// How many Walsh averages are cut at each end of the interval.
std::size_t cut_off(std::size_t n, double level) {
  if (n <= kExactPairs) return sums_within(n, 1 - level);
  const auto count = static_cast<double>(n);
  const double z = boost::math::quantile(boost::math::normal(), (1 + level) / 2);
  return static_cast<std::size_t>(
      std::floor(count * (count + 1) / 4 - z * std::sqrt(count * (count + 1) * (2 * count + 1) / 24)));
}

}  // namespace

SignedRank signed_rank(Sample differences) {
  require_finite(differences, "differences");
  std::vector<double> sizes;
  std::vector<bool> positive;
  for (const double d : differences) {
    if (d == 0) continue;
    sizes.push_back(std::abs(d));
    positive.push_back(d > 0);
  }
  SignedRank result;
  result.n = sizes.size();
  if (sizes.empty()) return result;
  const auto ranks = doubled_ranks(sizes);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) sum += positive[i] ? ranks[i] : 0;
  result.statistic = static_cast<double>(sum) / 2;
  result.exact = result.n <= kExactPairs;
  result.p = result.exact ? exact_p(ranks, sum) : normal_p(ranks, result.statistic);
  return result;
}

std::optional<std::int64_t> critical_doubled_sum(std::size_t n, double alpha) {
  const auto within = sums_within(n, alpha);
  return within == 0 ? std::nullopt : std::optional(2 * static_cast<std::int64_t>(within - 1));
}

double smallest_signed_rank_p(std::size_t n) { return std::min(1.0, std::ldexp(2.0, -static_cast<int>(n))); }

std::size_t fewest_pairs(std::size_t tests, double alpha) {
  if (!(alpha > 0)) throw std::invalid_argument("alpha must be above 0");
  std::size_t pairs = 1;
  while (static_cast<double>(tests) * smallest_signed_rank_p(pairs) > alpha) ++pairs;
  return pairs;
}

double hodges_lehmann(Sample differences) {
  if (differences.empty()) throw std::invalid_argument("differences must hold at least one value");
  require_finite(differences, "differences");
  return median(walsh_averages(differences));
}

std::optional<Interval> shift_interval(Sample differences, double level) {
  require_finite(differences, "differences");
  if (!(level > 0 && level < 1)) throw std::invalid_argument("level must be in (0, 1)");
  const auto cut = cut_off(differences.size(), level);
  if (cut == 0) return std::nullopt;
  const auto averages = walsh_averages(differences);
  return Interval{averages[cut - 1], averages[averages.size() - cut]};
}

}  // namespace evobrnn
