// SPDX-License-Identifier: Apache-2.0
#include "apps/command_search.hpp"

#include <fmt/format.h>

#include <utility>

#include "apps/command_file.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "evolve/command_objective.hpp"
#include "evolve/failure_policy.hpp"

namespace evobrnn {

namespace fs = std::filesystem;

CommandSearch::CommandSearch(fs::path folder, const Experiment& experiment, std::shared_ptr<DataStore> data)
    : folder_(std::move(folder)),
      experiment_(experiment),
      inputs_(std::move(data), {require_program(*experiment.command)}),
      executor_(worker_count(experiment.search.workers)) {}

SearchOutcome CommandSearch::run(SearchObserver& view, const std::function<void()>& begun) {
  Ledger ledger(folder_ / kLedgerFile);
  std::error_code ignored;
  fs::remove_all(folder_ / kScratchFolder, ignored);  // of trials that were under way when a process was killed
  SearchPlan plan;
  plan.space = experiment_.space;
  plan.settings = experiment_.search;
  plan.first = experiment_.first;
  plan.objective = command_of(experiment_, folder_ / kScratchFolder);
  plan.defaults = experiment_.command->defaults;
  plan.inputs = [this] { return inputs_.check(); };
  plan.content = [this](const Candidate& candidate) { return command_content(experiment_, candidate); };
  if (begun) begun();
  try {
    auto outcome = run_search(plan, ledger, executor_, view, stop_requested());
    fs::remove(folder_ / kScratchFolder, ignored);
    return outcome;
  } catch (const RunAborted& error) {
    throw RunAborted(
        fmt::format("{}. Once its cause is gone, go on with: evobrnn resume {}", error.what(), folder_.string()));
  }
}

Objective command_of(const Experiment& experiment, const fs::path& scratch) {
  require_program(*experiment.command);
  auto objective = command_objective(*experiment.command, experiment.space, scratch);
  return [objective = std::move(objective), grace = experiment.search.grace_seconds](const Candidate& candidate,
                                                                                     const TrialHooks& given) {
    auto hooks = given;
    let_finish_within(grace, hooks);
    return objective(candidate, hooks);
  };
}

}  // namespace evobrnn
