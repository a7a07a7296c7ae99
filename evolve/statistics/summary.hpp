// SPDX-License-Identifier: Apache-2.0
/// Numbers that sum up one sample.
#pragma once

#include "evolve/statistics/sample.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Of a sample of at least one value.
struct Summary {
  std::size_t n = 0;     ///< values
  double mean = 0;       ///< arithmetic
  double median = 0;     ///< mean of the middle two where n is even
  double deviation = 0;  ///< standard deviation, with n − 1; 0 where n = 1
  double interquartile_mean =
      0;            ///< of the middle half, the outermost values of it by their fraction (Agarwal et al., 2021)
  double low = 0;   ///< smallest
  double high = 0;  ///< largest
};

/// Throws std::invalid_argument for an empty sample and for values that are not finite.
Summary summarise(Sample sample);

/// Arithmetic mean, of at least one value.
double mean(Sample sample);
/// Mean of the middle two where their number is even; of at least one value.
double median(Sample sample);
/// Standard deviation with n − 1; 0 where n < 2.
double deviation(Sample sample);
/// Linear between order statistics (type 7 of Hyndman & Fan, 1996); 0 ≤ p ≤ 1.
double quantile(Sample sample, double p);
/// As Summary::interquartile_mean.
double interquartile_mean(Sample sample);

}  // namespace evobrnn
