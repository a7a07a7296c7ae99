// SPDX-License-Identifier: Apache-2.0
/// How a process ended, in words.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/trial.hpp"

namespace evobrnn {

/// A trial's process ended in a way that need not be the trial's doing: a batch system that ends a job, or a person,
/// signals all of its processes, and the trial's may be gone before this one hears of it. Whoever stores results asks
/// first whether this program is to end as well.
class [[gnu::visibility("default")]] ProcessEnded : public std::runtime_error {
 public:
  /// `signal` ended it, as the kernel or its exit code says; 0: it exited by itself.
  ProcessEnded(TrialResult result, int signal)
      : std::runtime_error(result.cause), result_(std::move(result)), signal_(signal) {}
  /// What it is where nothing else explains it.
  const TrialResult& result() const { return result_; }
  int signal() const { return signal_; }

 private:
  TrialResult result_;
  int signal_;
};

/// Whether processes, batch systems and people send this signal to end others, and no fault of a program raises it.
bool comes_from_outside(int signal);
/// The signal that a shell tells by this exit code, as 143 for SIGTERM; 0: none.
int signal_of_exit_code(int code);

/// "SIGSEGV (Segmentation fault)".
std::string signal_text(int signal);

/// Processes that the kernel has killed because memory ran out, on this machine since it started; nothing where that
/// cannot be read.
std::optional<std::int64_t> kernel_kills_for_memory();
/// Whether the kernel has killed one since; `before`: what kernel_kills_for_memory() said then.
bool killed_for_memory_since(const std::optional<std::int64_t>& before);

/// Of one that the kernel killed so.
inline constexpr const char* kKilledForMemory = "killed by the kernel, which had run out of memory";

}  // namespace evobrnn
