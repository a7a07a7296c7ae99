// SPDX-License-Identifier: Apache-2.0
/// How large a difference is, and which difference could have been seen.
#pragma once

#include <optional>

#include "evolve/statistics/sample.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A12 = P(X > Y) + P(X = Y)/2 over all pairs of values, one of each sample (Vargha & Delaney, 2000): 0.5 is no
/// difference; 0.56, 0.64 and 0.71 are called small, medium and large. Also the probability of improvement of Agarwal
/// et al. (2021). Both samples hold at least one value.
double vargha_delaney(Sample left, Sample right);
/// The share of pairs whose difference is above 0, those without a difference by half: the probability of improvement
/// of one pair. At least one difference.
double probability_of_improvement(Sample differences);
/// Pearson's correlation of pairs: how much of their chance they share; nothing for fewer than three pairs or where a
/// side does not vary.
std::optional<double> correlation(Sample left, Sample right);
/// 2 A12 − 1, in [−1, 1] (Cliff, 1993).
double cliffs_delta(Sample left, Sample right);
/// Mean over standard deviation of paired differences (Cohen, 1988, d_z); nothing where they have no spread.
std::optional<double> standardised_difference(Sample differences);

/// Probability that the exact two-sided signed-rank test at `alpha` sees a shift of `effect` standard deviations in n
/// normally distributed paired differences: by simulation with a seed of its own, to about two points in a hundred.
double signed_rank_power(std::size_t n, double effect, double alpha);

/// The smallest such shift that is seen with probability `power`; nothing where n pairs cannot reach alpha at all.
std::optional<double> detectable_effect(std::size_t n, double alpha, double power = 0.8);

}  // namespace evobrnn
