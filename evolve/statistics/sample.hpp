// SPDX-License-Identifier: Apache-2.0
/// What the statistics share: samples are spans of finite doubles, and chance is a generator that is passed down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace [[gnu::visibility("default")]] evobrnn {

/// Values that are looked at, not owned.
using Sample = std::span<const double>;

/// From low to high, both included.
struct Interval {
  double low = 0;   ///< lower end
  double high = 0;  ///< upper end
  /// Both ends are the same.
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Throws std::invalid_argument, naming the argument, where a value is infinite or NaN.
void require_finite(Sample sample, const char* argument);
/// The same, and where the two are not of the same length. Returns left − right, pair by pair.
std::vector<double> paired_differences(Sample left, Sample right);

/// Ascending.
std::vector<double> sorted(Sample sample);

/// Ranks from 1, ties by their mean (midranks), each doubled so that it is an integer.
std::vector<std::int64_t> doubled_ranks(Sample sample);

/// Draws that are the same with every standard library.
class Chance {
 public:
  /// The same seed gives the same draws on every machine.
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  double uniform();                      ///< in [0, 1)
  std::size_t index(std::size_t count);  ///< 0 … count − 1; count at least 1
  double normal();                       ///< N(0, 1), by inversion
  /// 64 random bits.
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace evobrnn
