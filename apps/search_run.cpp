// SPDX-License-Identifier: Apache-2.0
#include "apps/search_run.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "apps/command_file.hpp"
#include "apps/command_search.hpp"
#include "apps/memory_check.hpp"
#include "apps/network_search.hpp"
#include "apps/search_report.hpp"
#include "apps/signals.hpp"
#include "evolve/champion_file.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// 0 where the settings, before any gene, make no network: then the candidates themselves tell.
std::int64_t predicted_bytes(const TrialSettings& settings, const TaskShape& shape) {
  try {
    return predicted_peak_bytes(settings, shape);
  } catch (const std::exception&) {
    return 0;
  }
}

int search_and_report(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data,
                      ViewKind kind, const std::function<void()>& begun) {
  const auto& task = experiment.base.task;
  const auto shape = load_task(task, *data);
  require_memory(worker_count(experiment.search.workers), predicted_bytes(experiment.base, shape));
  Workplace workplace(experiment.search, std::move(data));
  NetworkSearch run(folder, experiment, workplace);
  auto view = make_view(kind, {shape.score});
  auto outcome = run.run(*view, begun);
  view.reset();  // a live view leaves the terminal before anything else is printed
  std::optional<fs::path> weights;
  if (outcome.complete && outcome.champion) {
    weights = run.store_champion(outcome);
    outcome.complete = weights.has_value();
  }
  if (outcome.complete) run.remove_checkpoints();
  const auto& checkpoints = run.checkpoints();
  if (!checkpoints.problem().empty())
    fmt::print(stderr, "warning: not every checkpoint could be written: {}\n", checkpoints.problem());
  print_report({outcome, task.name, shape.sequence, shape.score, folder, weights, workplace.executor().workers(),
                run.memory_text(outcome.progress.peak_bytes), checkpoints.resumed()},
               kind);
  if (!outcome.complete) return outcome.limit.empty() ? stop_exit_code() : kExitLimit;
  return outcome.champion ? kExitOk : kExitFailure;
}

int search_command_and_report(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data,
                              ViewKind kind, const std::function<void()>& begun) {
  CommandSearch run(folder, experiment, std::move(data));
  auto view = make_view(kind, {});
  const auto outcome = run.run(*view, begun);
  view.reset();
  std::optional<fs::path> champion;
  if (outcome.complete && outcome.champion) champion = store_champion(folder, *outcome.champion, {});
  print_report(
      {outcome, "command", command_text(*experiment.command), std::nullopt, folder, champion, run.workers(), "", 0},
      kind);
  if (!outcome.complete) return outcome.limit.empty() ? stop_exit_code() : kExitLimit;
  return outcome.champion ? kExitOk : kExitFailure;
}

}  // namespace

int search_in(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data, ViewKind kind,
              const std::function<void()>& begun) {
  try {
    return experiment.command ? search_command_and_report(folder, experiment, std::move(data), kind, begun)
                              : search_and_report(folder, experiment, std::move(data), kind, begun);
  } catch (const StorageError& error) {
    throw StorageError(
        fmt::format("{}\nThe run has stopped. Every trial that the ledger holds is kept; when the cause is gone, go on "
                    "with: evobrnn "
                    "resume {}",
                    error.what(), folder.string()));
  }
}

}  // namespace evobrnn
