// SPDX-License-Identifier: Apache-2.0
/// What of a run may change when it is resumed.
#pragma once

#include <string>
#include <vector>

#include "apps/experiment_file.hpp"

namespace evobrnn {

/// One setting with its old and its new value as the settings file writes them; "not read" where it does not apply.
struct SettingChange {
  std::string path, before, after;
};

/// Every setting and gene that differs, and the first individuals.
std::vector<SettingChange> changes_between(const Experiment& before, const Experiment& after);

/// The same for what assignments ("path=value") ask for, where the settings that they make cannot be loaded. Unknown
/// names are left out.
std::vector<SettingChange> changes_asked(const Experiment& before, const std::vector<std::string>& assignments);

/// Throws UsageError, with all changes and the reason, where the run would become another one. Allowed are settings
/// that change no result, more generations, and another number of final seeds.
void require_same_run(const std::string& run, const std::vector<SettingChange>& changes);

/// Whether what follows a trial that goes wrong has changed.
bool changes_policies(const std::vector<SettingChange>& changes);

/// Throws UsageError, with the first trial that is in the way, where finished trials would have ended in another way
/// with the new policies: one run has one policy of each kind, as if it had been started with them.
void require_same_policies(const std::string& run, const Experiment& before, const Experiment& after,
                           const std::vector<LedgerTrial>& trials);

/// Whether the final tests have to be made again behind the changes.
bool moves_final_tests(const std::vector<SettingChange>& changes);

}  // namespace evobrnn
