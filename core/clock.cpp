// SPDX-License-Identifier: Apache-2.0
#include "core/clock.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>

namespace evobrnn {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kTick{50};
constexpr std::int64_t kLongest = nanoseconds(milliseconds{250}).count();  // what a longer gap between ticks counts for

std::int64_t now() {
  return std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A thread ticks. Where two ticks lie far apart nothing of this process ran between them. Without locks: a process
/// that forks while it ticks leaves none held.
class AwakeClock {
 public:
  AwakeClock() {
    try {
      // An own sleep, relative to now: no clock that jumps can prolong it.
      std::thread([this] {
        for (;; advance()) std::this_thread::sleep_for(kTick);
      }).detach();
    } catch (const std::system_error&) {  // no more threads: whoever asks often enough ticks too
    }
  }

  std::int64_t advance() {
    const auto time = now();
    // A thread that was overtaken by another between the two lines takes back what that one counted: the sum is right.
    const auto gap = std::min(time - last_.exchange(time), kLongest);
    return awake_.fetch_add(gap) + gap;
  }

 private:
  std::atomic<std::int64_t> last_{now()}, awake_{0};
};

}  // namespace

double awake_seconds() {
  static auto* const clock = new AwakeClock;  // its thread may tick while the process ends
  constexpr double kNanosecond = 1e-9;
  return kNanosecond * static_cast<double>(clock->advance());
}

}  // namespace evobrnn
