// SPDX-License-Identifier: Apache-2.0
/// Processes of this machine, by who started them and by their environment.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace evobrnn {

/// Memory that is resident for all descendants of `root`, itself not included; pages that they share count for each.
std::int64_t resident_bytes_below(pid_t root);

/// Kills all descendants of `root`, itself not included, until none is left that runs.
void kill_below(pid_t root);

/// Kills whatever has `variable` ("NAME=value") in the environment that it was started with, until none is left.
void kill_marked(const std::string& variable);

}  // namespace evobrnn
