// SPDX-License-Identifier: Apache-2.0
/// Ctrl-C: the first asks for a clean end, the second ends at once.
#pragma once

#include <atomic>

namespace evobrnn {

inline constexpr int kExitOk = 0, kExitFailure = 1, kExitUsage = 2, kExitLimit = 3, kExitInterrupted = 130;

/// Becomes true with the first SIGINT or SIGTERM. The handlers are installed by the first call.
const std::atomic<bool>& stop_requested();

}  // namespace evobrnn
