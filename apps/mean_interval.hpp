// SPDX-License-Identifier: Apache-2.0
/// What replicates say of their mean.
#pragma once

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <optional>

#include "evolve/statistics/summary.hpp"

namespace evobrnn {

/// The 95 % interval of the mean, by Student's t; nothing for fewer than two values.
inline std::optional<Interval> mean_interval(Sample values) {
  if (values.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const boost::math::students_t_distribution<> t(n - 1);
  const double middle = mean(values), reach = boost::math::quantile(t, 0.975) * deviation(values) / std::sqrt(n);
  return Interval{middle - reach, middle + reach};
}

}  // namespace evobrnn
