// SPDX-License-Identifier: Apache-2.0
/// Numbers that sum up one sample.
#pragma once

#include "evolve/statistics/sample.hpp"

namespace evobrnn {

/// Of a sample of at least one value. Throws std::invalid_argument for an empty one.
struct Summary {
  std::size_t n = 0;
  double mean = 0, median = 0;
  double deviation = 0;  ///< standard deviation, with n − 1; 0 where n = 1
  double interquartile_mean =
      0;  ///< of the middle half, the outermost values of it by their fraction (Agarwal et al., 2021)
  double low = 0, high = 0;  ///< smallest and largest
};

Summary summarise(Sample sample);

double mean(Sample sample);
double median(Sample sample);
/// Standard deviation with n − 1; 0 where n < 2.
double deviation(Sample sample);
/// Linear between order statistics (type 7 of Hyndman & Fan, 1996); 0 ≤ p ≤ 1.
double quantile(Sample sample, double p);
double interquartile_mean(Sample sample);

}  // namespace evobrnn
