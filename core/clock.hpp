// SPDX-License-Identifier: Apache-2.0
/// Seconds: of what clock, and what it is for.
#pragma once

#include <chrono>
#include <ctime>

namespace [[gnu::visibility("default")]] evobrnn {

/// From some moment of the past on; never goes back. For every duration; for limits of time see
/// awake_seconds().
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Time during which this process could run, from some moment of the past on. While it is suspended (SIGSTOP, Ctrl-Z, a
/// frozen control group, a paused virtual machine) no more than a moment counts. For limits of time of a trial.
double awake_seconds();

/// The time of day, for people to read. It may jump, also backwards: no duration, no order and no result depends on it.
inline double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Processor time of the calling thread.
inline double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace evobrnn
