// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace evobrnn {

/// Seconds since it was made, by the steady clock.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// The same for limits of time: what this process was suspended for does not count.
class AwakeStopwatch {
 public:
  double seconds() const { return awake_seconds() - begin_; }

 private:
  double begin_ = awake_seconds();
};

}  // namespace evobrnn
