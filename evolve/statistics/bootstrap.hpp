// SPDX-License-Identifier: Apache-2.0
/// Bootstrap confidence intervals: bias-corrected and accelerated (BCa; Efron, 1987; Efron & Tibshirani, 1993, ch. 14).
/// With few values they are too short: about 90 % where 95 % are asked for at n = 10 (StatisticsCalibration in
/// tests/evolve/), so they describe; what is decided rests on the exact tests.
#pragma once

#include <functional>
#include <optional>

#include "evolve/statistics/sample.hpp"

namespace evobrnn {

using Statistic = std::function<double(Sample)>;

/// Nothing for fewer than two values; the point itself where all resamples agree. Throws std::invalid_argument for
/// values that are not finite and a level outside of (0, 1).
std::optional<Interval> bca_interval(Sample sample, const Statistic& statistic, double level, Chance& chance,
                                     int resamples = 2000);

}  // namespace evobrnn
