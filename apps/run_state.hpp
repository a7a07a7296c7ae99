// SPDX-License-Identifier: Apache-2.0
/// How far a run is, read from its folder without disturbing the process that runs it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/experiment_file.hpp"
#include "core/data_facts.hpp"

namespace evobrnn {

/// The settings of RUN. Throws UsageError where it is no run, SettingsError.
Experiment experiment_of(const std::filesystem::path& run);

/// The process that RUN/lock names.
struct RunProcess {
  enum class Alive { yes, no, unknown };  ///< unknown: there is no lock file, or another host wrote it
  Alive alive = Alive::unknown;
  std::string host, started;
  std::int64_t pid = 0;
};

/// Takes no lock, so a run that starts at this moment is not refused.
RunProcess run_process(const std::filesystem::path& folder);

/// Trials that ended in the same way, causes being the same but for their numbers.
struct Failures {
  std::string status, cause;  ///< the first trial's cause, as it stands
  std::int64_t count = 0, first_trial = 0;
};

struct RunState {
  bool complete = false;  ///< the search, its final tests and the champion's weights
  RunProcess process;
  std::int64_t generation = 0, generations = 0;  ///< generation: the one under way, from 0
  std::int64_t done = 0, expected = 0, ok = 0;   ///< expected: at most
  std::int64_t checkpoints = 0;                  ///< trainings under way that were saved
  std::vector<Failures> failures;                ///< the most frequent first
  std::optional<LedgerTrial> champion;           ///< so far
  ScoreMeaning score;                            ///< how scores are told
  std::optional<TestSamples> tested;             ///< of the final tests, as soon as one went well
  double trials_per_minute = 0;                  ///< of the last minutes of work
  double share_done = 0;                         ///< of the work, by what trials so far took; in [0, 1]
  std::optional<double> remaining_seconds;       ///< where trials are still to come and the rate is known
};

RunState run_state(const std::filesystem::path& folder, const Experiment& experiment,
                   const std::vector<LedgerTrial>& trials, const ScoreMeaning& score);

}  // namespace evobrnn
