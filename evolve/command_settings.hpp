// SPDX-License-Identifier: Apache-2.0
/// The settings of a command that evaluates candidates. Meaning, range and reason of each stand once, in the .cpp.
#pragma once

#include <string>
#include <vector>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// [evaluator].
struct CommandSettings {
  std::vector<std::string> command;  ///< its name or path, then its arguments
  std::string folder;                ///< where it works; empty: where the program does
  double time_limit = 0;             ///< s; 0: none
  double memory = 0;                 ///< GB (10^9 bytes) of all its processes together; 0: any
  double grace_seconds = 5;          ///< from SIGTERM to SIGKILL
  bool defaults = false;             ///< final tests run it with no genome, too
  bool embedded = false;             ///< no command: a function of the program that made the run, by evolve()
  std::string version = {};          ///< of that function, as its program names it
};

/// Every setting of [evaluator] with its documentation, bound to the struct above.
const SettingsTable<CommandSettings>& command_settings_table();

}  // namespace evobrnn
