// SPDX-License-Identifier: Apache-2.0
/// The time of day for a run's records. The system's clock may jump, also backwards; this one follows it forwards and
/// goes on by itself where it jumps back, so that what came later has the later time.
#pragma once

#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/clock.hpp"

namespace evobrnn {

/// Thread-safe.
class RunClock {
 public:
  /// `seconds`: since the epoch.
  void not_before(double seconds) {
    const std::lock_guard lock(mutex_);
    if (std::isfinite(seconds)) last_ = std::max(last_, seconds);
  }

  /// Seconds since the epoch, never fewer than at an earlier call.
  double now() {
    const std::lock_guard lock(mutex_);
    const double steady = wall_seconds();
    last_ = std::max(seconds_since_epoch(), last_ + steady - steady_at_last_);
    steady_at_last_ = steady;
    return last_;
  }

 private:
  std::mutex mutex_;
  double last_ = 0, steady_at_last_ = wall_seconds();
};

}  // namespace evobrnn
