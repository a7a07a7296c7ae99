// SPDX-License-Identifier: Apache-2.0
/// Wilcoxon's signed-rank test of paired differences (Wilcoxon, 1945), and the shift that goes with it (Hodges &
/// Lehmann, 1963; Hollander, Wolfe & Chicken, 2014, ch. 3).
#pragma once

#include <optional>

#include "evolve/statistics/sample.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Pairs that differ, up to which the null distribution is computed whole.
inline constexpr std::size_t kExactPairs = 50;

/// The result of the test.
struct SignedRank {
  std::size_t n = 0;     ///< pairs that differ: pairs without a difference say nothing and are left out (Wilcoxon)
  double statistic = 0;  ///< sum of the ranks of positive differences, ties by midranks
  double p = 1;          ///< two-sided; 1 where no pair differs
  bool exact = true;     ///< by the whole null distribution, ties too; else normal, with continuity and tie corrections
};

/// Exact up to kExactPairs.
SignedRank signed_rank(Sample differences);

/// The largest rank sum of the smaller side, doubled, that the exact test calls a difference at alpha, among n pairs
/// without ties; nothing where none is. n up to 50.
std::optional<std::int64_t> critical_doubled_sum(std::size_t n, double alpha);

/// The smallest p that so many pairs can give: 2^(1−n), at most 1.
double smallest_signed_rank_p(std::size_t n);

/// The fewest pairs with which the smallest of `tests` p values can reach alpha after Holm's correction.
std::size_t fewest_pairs(std::size_t tests, double alpha);

/// Median of the means of all pairs of differences (Walsh averages), the zero ones included. At least one difference.
double hodges_lehmann(Sample differences);

/// The distribution-free interval of the shift that belongs to the exact test: its true level is at least `level`, and
/// what it is depends on n alone. Nothing where so few differences reach no such level (0.95 needs six). Up to 50
/// differences exactly, above by the normal distribution.
std::optional<Interval> shift_interval(Sample differences, double level);

}  // namespace evobrnn
