// SPDX-License-Identifier: Apache-2.0
#include "apps/trained_again.hpp"

#include <fmt/format.h>

#include "apps/builds.hpp"
#include "apps/command_search.hpp"
#include "apps/memory_check.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/run_state.hpp"
#include "apps/signals.hpp"
#include "apps/weights.hpp"
#include "apps/worker.hpp"
#include "core/data/data_store.hpp"
#include "core/plugin.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/worker_pool.hpp"

namespace evobrnn {

namespace fs = std::filesystem;

namespace {

constexpr double kGigabyte = 1e9;

TrialResult train(const StoredRun& run, const LedgerTrial& trial, const TrialHooks& hooks) {
  if (run.experiment.command)
    return command_of(run.experiment, fs::temp_directory_path())(candidate_of(run.experiment, trial), hooks);
  const auto spec = trial_spec(run.experiment, trial);
  if (ended_by_itself(trial.result)) return run_trial(spec, hooks);
  // It may crash again, hang, or take all memory.
  const auto& search = run.experiment.search;
  WorkerPool process(worker_command(run.data->folder()));
  return process.run(worker_request(spec, hooks, search.checkpoint_seconds), hooks,
                     {spec.settings.train.time_limit, search.grace_seconds});
}

std::vector<std::string> notes_of(const LedgerTrial& trial) {
  std::vector<std::string> notes;
  if (!trial.origin.empty()) notes.push_back("it was taken over from " + trial.origin);
  if (trained_gentler(trial.result)) {
    notes.emplace_back("its record is of the gentler training that followed a failure, and so was this one");
  } else if (const auto count = attempts(trial.result); count > 1) {
    notes.push_back(fmt::format("its record is of attempt {}, on the same seed and settings as the others", count));
  }
  return notes;
}

std::string why_it_may_differ(TrialStatus status) {
  switch (status) {
    case TrialStatus::timeout:
      return "it had reached a time limit, and how far a trial comes until then depends on the machine, and on the "
             "limit as it is now";
    case TrialStatus::out_of_memory:
      return "it ran out of memory, of which there may be more now, or less, or another run.trial_memory";
    case TrialStatus::crashed:
    case TrialStatus::lost:
      return "its process ended before its training did; where the machine was the cause, or somebody who killed it, "
             "that does not come again";
    default:
      return "";
  }
}

}  // namespace

bool ended_by_itself(const TrialResult& result) {
  return result.status == TrialStatus::ok || result.status == TrialStatus::diverged ||
         result.status == TrialStatus::nan_input || result.status == TrialStatus::invalid;
}

StoredRun open_run(const fs::path& folder, const fs::path& data, CodeUse code) {
  StoredRun run{folder, experiment_of(folder, code), nullptr};
  const auto place = data.empty() ? data_folder_of(folder) : data;
  if (has_embedded_objective(run.experiment)) {
    run.data = make_data_store({});  // the ledger can be looked at; train_again() refuses
  } else if (code == CodeUse::stored) {
    run.data = open_data(place, run.experiment);
  } else if (run.experiment.command) {
    run.data = command_data(place, *run.experiment.command);
  } else if (run.experiment.search.plugins == loaded_plugins()) {
    run.data = open_data(place, run.experiment);
  }
  return run;
}

Replay train_again(const StoredRun& run, const LedgerTrial& trial,
                   const std::function<void(std::int64_t, std::int64_t, double)>& progress) {
  if (!run.experiment.command) require_memory(1, 0);
  Replay replay;
  TrialHooks hooks;
  hooks.data = run.data;
  hooks.progress = progress;
  hooks.should_stop = [] { return stop_requested().load(); };
  hooks.weights = [&replay](const std::string& bytes) { replay.weights = bytes; };
  hooks.memory_limit = static_cast<std::int64_t>(kGigabyte * run.experiment.search.limits.trial_memory);
  auto again = trial;
  again.result = outcome_of([&] { return train(run, trial, hooks); });
  replay.stopped = again.result.status == TrialStatus::cancelled;
  if (replay.stopped) return replay;
  set_attempts(again.result, attempts(trial.result),
               trained_gentler(trial.result));  // trained once, as the last of them
  replay.notes = notes_of(trial);
  replay.differences = differences(trial, again);
  const auto stored = weights_file(run.folder, trial.key);
  if (trial.key.role == "champion" && fs::exists(stored) && read_whole(stored) != replay.weights)
    replay.differences.push_back(fmt::format("trial {}: weights: other bytes than {}", trial.id, stored.string()));
  if (replay.differences.empty()) return replay;
  if (trial.origin.empty() && !run.experiment.command)
    replay.other_build = build_difference_at(run.folder, trial.started);
  if (!replay.other_build.empty())
    replay.notes.push_back("it was trained by another build (" + replay.other_build + "): bits may differ");
  if (const auto why = why_it_may_differ(trial.result.status); !why.empty()) replay.notes.push_back(why);
  return replay;
}

}  // namespace evobrnn
