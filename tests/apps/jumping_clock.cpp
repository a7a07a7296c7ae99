// SPDX-License-Identifier: Apache-2.0
/// A library for LD_PRELOAD that plays a clock of the day that jumps. EVOBRNN_CLOCK="jump:DAYS" moves it at random
/// moments to anywhere within so many days around the true time; "back:DAYS" sets it back once and for all. Clocks that
/// measure durations stay as they are, but for "pause:SECONDS": every so many looks at one find so much time gone, as
/// after the process was suspended.
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

constexpr std::int64_t kDay = 86'400;

/// Seconds that the clock is off by at this call.
std::int64_t offset() {
  static const std::string plan = std::getenv("EVOBRNN_CLOCK") ? std::getenv("EVOBRNN_CLOCK") : "";
  static const std::int64_t range = plan.empty() ? 0 : kDay * std::stoll(plan.substr(plan.find(':') + 1));
  if (plan.empty() || plan.starts_with("pause")) return 0;
  if (plan.starts_with("back")) return -range;
  static std::atomic<std::uint64_t> calls{0};
  // Eight calls in a row see the same clock; splitmix64's mixing draws the next one.
  auto bits = (calls++ / 8 + 1) * 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  return static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(2 * range)) - range;
}

/// Seconds that a clock of durations has been found to skip so far.
std::int64_t skipped() {
  constexpr std::int64_t kLooks = 20;  // between two pauses
  static const std::string plan = std::getenv("EVOBRNN_CLOCK") ? std::getenv("EVOBRNN_CLOCK") : "";
  static const std::int64_t pause = plan.starts_with("pause:") ? std::stoll(plan.substr(plan.find(':') + 1)) : 0;
  static std::atomic<std::int64_t> looks{0};
  return pause == 0 ? 0 : ++looks / kLooks * pause;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int failed = real(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec += offset();
  if (clock == CLOCK_MONOTONIC) now->tv_sec += skipped();
  return failed;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  static const auto real = next<int(timeval*, void*)>("gettimeofday");
  const int failed = real(now, zone);
  now->tv_sec += offset();
  return failed;
}

time_t time(time_t* copy) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (copy) *copy = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
