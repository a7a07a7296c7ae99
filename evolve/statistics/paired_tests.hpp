// SPDX-License-Identifier: Apache-2.0
/// Tests beside the signed-rank test: permutation, equivalence, and the correction for several of them.
#pragma once

#include <optional>
#include <vector>

#include "evolve/statistics/sample.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Two-sided p of the mean difference of pairs under random exchange within each pair (Fisher, 1935). All 2^n exchanges
/// up to 20 pairs; above, `resamples` random ones, p = (b + 1)/(m + 1) (Phipson & Smyth, 2010). 1 for no pairs.
double sign_flip_p(Sample differences, Chance& chance, int resamples = 20000);

/// Two one-sided t tests (Schuirmann, 1987): p of the hypothesis that the mean of paired differences is at least
/// `margin` away from 0; small: equal in practice. Differences without any spread are judged as they are. 1 for fewer
/// than two pairs. Throws std::invalid_argument unless margin > 0.
double equivalence_p(Sample differences, double margin);

/// The interval of the mean difference at level 1 − 2 alpha that lies within ±margin where equivalence_p() ≤ alpha;
/// nothing for fewer than two pairs.
std::optional<Interval> equivalence_interval(Sample differences, double alpha);

/// Holm's step-down adjusted p values (Holm, 1979), in the order given.
std::vector<double> holm(Sample p_values);

}  // namespace evobrnn
