// SPDX-License-Identifier: Apache-2.0
/// Seconds, as a trial counts its cost.
#pragma once

#include <chrono>
#include <ctime>

namespace evobrnn {

/// From some moment of the past on; never goes back.
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Processor time of the calling thread.
inline double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace evobrnn
