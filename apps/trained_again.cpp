// SPDX-License-Identifier: Apache-2.0
#include "apps/trained_again.hpp"

#include <fmt/format.h>

#include <cmath>

#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/weights.hpp"

namespace evobrnn {

namespace fs = std::filesystem;

StoredRun open_run(const fs::path& folder, const fs::path& data) {
  require_run(folder);
  ExperimentSource source;
  source.file = folder / kExperimentFile;
  StoredRun run{folder, load_experiment(source), nullptr};
  run.data = open_data(data.empty() ? data_folder_of(folder) : data, run.experiment.base.task);
  return run;
}

Replay train_again(const StoredRun& run, const LedgerTrial& trial,
                   const std::function<void(std::int64_t, std::int64_t, double)>& progress) {
  Replay replay;
  TrialHooks hooks;
  hooks.data = run.data;
  hooks.progress = progress;
  hooks.should_stop = [] { return stop_requested().load(); };
  hooks.weights = [&replay](const std::string& bytes) { replay.weights = bytes; };
  auto again = trial;
  again.result = run_trial(trial_spec(run.experiment, trial), hooks);
  replay.stopped = again.result.status == TrialStatus::cancelled;
  if (replay.stopped) return replay;
  // As the search judges it.
  if (again.result.status == TrialStatus::ok && !std::isfinite(again.result.score)) {
    again.result.status = TrialStatus::failed;
    again.result.cause = "score is not finite";
    again.result.score = 0;
  }
  replay.differences = differences(trial, again);
  const auto stored = weights_file(run.folder, trial.key);
  if (trial.key.role == "champion" && fs::exists(stored) && read_whole(stored) != replay.weights)
    replay.differences.push_back(fmt::format("trial {}: weights: other bytes than {}", trial.id, stored.string()));
  return replay;
}

}  // namespace evobrnn
