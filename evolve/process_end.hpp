// SPDX-License-Identifier: Apache-2.0
/// How a process ended, in words.
#pragma once

#include <cstdint>
#include <string>

namespace evobrnn {

/// "SIGSEGV (Segmentation fault)".
std::string signal_text(int signal);

/// Processes that the kernel has killed because memory ran out, on this machine since it started.
std::int64_t kernel_kills_for_memory();

/// Of one that the kernel killed so.
inline constexpr const char* kKilledForMemory = "killed by the kernel, which had run out of memory";

}  // namespace evobrnn
