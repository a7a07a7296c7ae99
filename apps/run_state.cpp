// SPDX-License-Identifier: Apache-2.0
#include "apps/run_state.hpp"

#include <algorithm>
#include <cmath>

#include "apps/run_folder.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr double kRateWindow = 600;  // seconds of work that the rate is taken over

std::string without_numbers(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool number = (c >= '0' && c <= '9') || c == '.';
    if (!number) out += c;
    else if (out.empty() || out.back() != '#') out += '#';
  }
  return out;
}

std::vector<Failures> failures_of(const std::vector<LedgerTrial>& trials) {
  std::vector<Failures> all;
  for (const auto& trial : trials) {
    if (trial.result.status == TrialStatus::ok) continue;
    const auto status = to_text(trial.result.status);
    const auto same = [&](const Failures& f) {
      return f.status == status && without_numbers(f.cause) == without_numbers(trial.result.cause);
    };
    auto known = std::find_if(all.begin(), all.end(), same);
    if (known == all.end()) known = all.insert(all.end(), {status, trial.result.cause, 0, trial.id});
    ++known->count;
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return all;
}

/// Trials trained here that ended within the last minutes in which any did. Pauses between a stop and a resume count as
/// long as they lie within.
double rate(std::vector<LedgerTrial> trials) {
  std::erase_if(trials, [](const LedgerTrial& trial) { return !trial.origin.empty(); });
  double last = 0;
  for (const auto& trial : trials) last = std::max(last, trial.started + trial.result.cost.wall_seconds);
  double first = last;
  std::int64_t ended = 0;
  for (const auto& trial : trials) {
    if (trial.started + trial.result.cost.wall_seconds < last - kRateWindow) continue;
    ++ended;
    first = std::min(first, std::max(trial.started, last - kRateWindow));
  }
  return last > first ? 60 * static_cast<double>(ended) / (last - first) : 0;
}

/// Trials of a search that search.flops ends, by what those so far have cost.
std::int64_t by_budget(const SearchSettings& search, const std::vector<LedgerTrial>& trials) {
  double spent = 0, count = 0;
  for (const auto& trial : trials) {
    if (trial.generation < 0) continue;
    spent += trial.result.cost.flops;
    ++count;
  }
  return spent > 0 ? std::llround(std::max(1.0, search.flops / spent) * count) : search.population;
}

}  // namespace

RunProcess run_process(const fs::path& folder) {
  const auto holder = lock_holder(folder);
  RunProcess process;
  process.host = holder.host;
  process.pid = holder.pid;
  process.started = holder.since;
  if (const auto alive = is_alive(holder, folder))
    process.alive = *alive ? RunProcess::Alive::yes : RunProcess::Alive::no;
  return process;
}

Experiment experiment_of(const fs::path& run) {
  require_run(run);
  ExperimentSource source;
  source.file = run / kExperimentFile;
  return load_experiment(source);
}

RunState run_state(const fs::path& folder, const Experiment& experiment, const std::vector<LedgerTrial>& trials) {
  RunState state;
  const auto& search = experiment.search;
  state.process = run_process(folder);
  state.generations = planned_generations(experiment.space, search, experiment.first.size());
  std::int64_t before = 0, finals = 0;
  for (const auto& trial : trials) state.generation = std::max(state.generation, trial.generation);
  for (const auto& trial : trials) {
    const bool ok = trial.result.status == TrialStatus::ok;
    ++state.done;
    state.ok += ok;
    finals += trial.generation < 0;
    before += trial.generation >= 0 && trial.generation < state.generation;
    if (trial.generation >= 0 && ok && (!state.champion || trial.result.score > state.champion->result.score))
      state.champion = trial;
  }
  const auto wanted = final_rows(experiment) * search.final_seeds;
  const auto left = std::max<std::int64_t>(0, state.generations - state.generation);
  state.expected = std::max(state.done, before + search.population * left + wanted);
  if (search.flops > 0) state.expected = std::min(state.expected, by_budget(search, trials) + wanted);
  // An accuracy is never negative, the negative of an error never positive.
  const bool negative = state.champion && state.champion->result.score < 0;
  if (!experiment.command) state.score = negative ? ScoreKind::mse : ScoreKind::accuracy;
  const auto last = experiment.command ? folder / kChampionFile : folder / kWeightsFolder / "config.json";
  // The champion's weights, or its genome where it is no network, are the last that a run writes. Without a trial of
  // generation 0 that went well its row of final tests is left out.
  state.complete = state.process.alive != RunProcess::Alive::yes && fs::exists(last) &&
                   finals >= wanted - (search.finals.baselines ? search.final_seeds : 0) && (finals > 0 || wanted == 0);
  if (state.complete) state.expected = state.done;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder / kCheckpointsFolder, missing))
    state.checkpoints += entry.path().extension() != ".new";
  state.failures = failures_of(trials);
  state.trials_per_minute = rate(trials);
  if (!state.complete && state.process.alive != RunProcess::Alive::no && state.trials_per_minute > 0)
    state.remaining_seconds = 60 * static_cast<double>(state.expected - state.done) / state.trials_per_minute;
  return state;
}

}  // namespace evobrnn
