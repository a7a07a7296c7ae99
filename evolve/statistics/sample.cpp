// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/sample.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace evobrnn {

void require_finite(Sample sample, const char* argument) {
  if (!std::all_of(sample.begin(), sample.end(), [](double x) { return std::isfinite(x); }))
    throw std::invalid_argument(std::string(argument) + " must hold finite numbers");
}

std::vector<double> paired_differences(Sample left, Sample right) {
  require_finite(left, "left");
  require_finite(right, "right");
  if (left.size() != right.size()) throw std::invalid_argument("left and right must be pairs: of the same length");
  std::vector<double> differences(left.size());
  std::transform(left.begin(), left.end(), right.begin(), differences.begin(), std::minus<>());
  return differences;
}

std::vector<double> sorted(Sample sample) {
  std::vector<double> values(sample.begin(), sample.end());
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::int64_t> doubled_ranks(Sample sample) {
  std::vector<std::size_t> order(sample.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sample[a] < sample[b]; });
  std::vector<std::int64_t> ranks(sample.size());
  for (std::size_t first = 0; first < order.size();) {
    auto last = first;
    while (last + 1 < order.size() && sample[order[last + 1]] == sample[order[first]]) ++last;
    for (auto i = first; i <= last; ++i) ranks[order[i]] = static_cast<std::int64_t>(first + last) + 2;
    first = last + 1;
  }
  return ranks;
}

double Chance::uniform() {
  constexpr int kMantissa = 53;
  return std::ldexp(static_cast<double>(engine_() >> (64 - kMantissa)), -kMantissa);
}

std::size_t Chance::index(std::size_t count) {
  return std::min(count - 1, static_cast<std::size_t>(uniform() * static_cast<double>(count)));
}

double Chance::normal() {
  constexpr double kHalfStep = 0x1p-54;  // never 0, whose quantile is infinite
  static const boost::math::normal standard;
  return boost::math::quantile(standard, uniform() + kHalfStep);
}

}  // namespace evobrnn
