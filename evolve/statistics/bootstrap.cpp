// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/bootstrap.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <stdexcept>

#include "evolve/statistics/summary.hpp"

namespace evobrnn {
namespace {

const boost::math::normal kStandard;

double phi(double z) { return boost::math::cdf(kStandard, z); }
double inverse_phi(double p) { return boost::math::quantile(kStandard, p); }

/// a of Efron (1987), from the jackknife values; 0 where they all agree.
double acceleration(Sample sample, const Statistic& statistic) {
  std::vector<double> left_out;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    std::vector<double> rest(sample.begin(), sample.end());
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    left_out.push_back(statistic(rest));
  }
  const double center = mean(left_out);
  double squares = 0, cubes = 0;
  for (const double value : left_out) {
    const double d = center - value;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

/// z_0: how far the statistic is off the middle of its resamples; ties count half.
double bias(const std::vector<double>& resampled, double point) {
  const auto count = static_cast<double>(resampled.size());
  const auto below = std::lower_bound(resampled.begin(), resampled.end(), point) - resampled.begin();
  const auto equal = std::upper_bound(resampled.begin(), resampled.end(), point) - resampled.begin() - below;
  const double share = (static_cast<double>(below) + static_cast<double>(equal) / 2) / count;
  return inverse_phi(std::clamp(share, 0.5 / count, 1 - 0.5 / count));
}

/// What replaces Φ⁻¹(tail) for n values.
double expanded_quantile(double tail, std::size_t n) {
  const auto count = static_cast<double>(n);
  return std::sqrt(count / (count - 1)) * boost::math::quantile(boost::math::students_t(count - 1), tail);
}

}  // namespace

std::optional<Interval> bca_interval(Sample sample, const Statistic& statistic, double level, Chance& chance,
                                     int resamples, bool expanded) {
  require_finite(sample, "sample");
  if (!(level > 0 && level < 1)) throw std::invalid_argument("level must be in (0, 1)");
  if (sample.size() < 2) return std::nullopt;
  std::vector<double> values(static_cast<std::size_t>(resamples)), drawn(sample.size());
  for (auto& value : values) {
    for (auto& x : drawn) x = sample[chance.index(sample.size())];
    value = statistic(drawn);
  }
  std::sort(values.begin(), values.end());
  if (values.front() == values.back()) return Interval{values.front(), values.front()};
  const double z0 = bias(values, statistic(sample)), a = acceleration(sample, statistic);
  const auto end = [&](double tail) {
    const double z = z0 + (expanded ? expanded_quantile(tail, sample.size()) : inverse_phi(tail)), slope = 1 - a * z;
    return quantile(values, slope > 0 ? phi(z0 + z / slope) : (tail < 0.5 ? 0.0 : 1.0));
  };
  return Interval{end((1 - level) / 2), end((1 + level) / 2)};
}

}  // namespace evobrnn
