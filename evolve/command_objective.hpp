// SPDX-License-Identifier: Apache-2.0
/// Any program as the objective: it is started for each candidate, reads the genome and prints the score.
#pragma once

#include <filesystem>

#include "evolve/command_settings.hpp"
#include "evolve/search.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// An objective that runs the command of `settings` for each candidate, as docs/COMMANDS.md says: how its results and
/// ends become statuses stands there in one table. No process that the command started is left when a trial has ended,
/// nor where this program is killed. Each trial has an empty folder under `scratch`, which goes with it. Thread-safe.
/// Throws std::invalid_argument where there is no command.
Objective command_objective(CommandSettings settings, const SearchSpace& space,
                            std::filesystem::path scratch = std::filesystem::temp_directory_path());

}  // namespace evobrnn
