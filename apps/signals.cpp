// SPDX-License-Identifier: Apache-2.0
#include "apps/signals.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <limits>

#include "core/clock.hpp"

namespace evobrnn {
namespace {

std::atomic<bool> stop{false};
/// Of the first signal: when it came, in microseconds, times kSignals, plus its number. In one, for the second may come
/// to another thread while the first is being noted. 0: none came.
std::atomic<std::int64_t> first_stop{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler may touch nothing else");

constexpr std::int64_t kMicroseconds = 1'000'000, kSignals = 128;

/// The steady clock, in a way that a signal handler may call.
std::int64_t monotonic_microseconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kMicroseconds + time.tv_nsec / 1000;
}

void on_signal(int signal) {
  const int error = errno;
  const auto now = monotonic_microseconds();
  std::int64_t first = 0;
  // timeout(1) and batch systems send the same signal to a process and to its group: within a second that is one.
  if (!first_stop.compare_exchange_strong(first, now * kSignals + signal) &&
      (first % kSignals != signal || now - first / kSignals > kMicroseconds))
    ::_exit(128 + signal);
  stop = true;
  errno = error;
}

double seconds_since_stop() {
  return static_cast<double>(monotonic_microseconds() - first_stop / kSignals) / static_cast<double>(kMicroseconds);
}

/// What the parent had set to be ignored (nohup, a shell's background) stays so.
void handle(int signal) {
  struct sigaction before {};
  if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

/// How far a trial has come, and how fast. Used by the thread of the trial alone.
struct Pace {
  double started = wall_seconds();
  std::int64_t first = 0, step = 0, steps = 0;  ///< first: the step before the first one seen

  double seconds_left() const {
    if (step == first) return std::numeric_limits<double>::infinity();
    return (wall_seconds() - started) / static_cast<double>(step - first) * static_cast<double>(steps - step);
  }
};

}  // namespace

const std::atomic<bool>& stop_requested() {
  static const bool installed = [] {
    handle(SIGINT);
    handle(SIGTERM);
    return true;
  }();
  static_cast<void>(installed);
  return stop;
}

int stop_exit_code() { return 128 + static_cast<int>(first_stop % kSignals); }

void wait_seconds(double seconds) {
  if (!stop_requested()) ::poll(nullptr, 0, static_cast<int>(1000 * seconds));  // a signal ends it
}

void let_finish_within(double grace_seconds, TrialHooks& hooks) {
  const auto pace = std::make_shared<Pace>();
  hooks.progress = [pace, next = hooks.progress](std::int64_t step, std::int64_t steps, double loss) {
    if (pace->steps == 0) pace->first = step - 1;
    pace->step = step;
    pace->steps = steps;
    if (next) next(step, steps, loss);
  };
  hooks.should_stop = [pace, grace_seconds, stopped = hooks.should_stop] {
    if (!stopped || !stopped()) return false;
    if (!stop_requested()) return true;
    const double left = grace_seconds - seconds_since_stop();
    return left <= 0 || pace->seconds_left() > left;
  };
}

}  // namespace evobrnn
