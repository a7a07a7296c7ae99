// SPDX-License-Identifier: Apache-2.0
#include "apps/run_state.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/run_folder.hpp"
#include "core/settings/json_depth.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr double kRateWindow = 600;  // seconds of work that the rate is taken over

/// Whether the process has the lock open: its number alone may be another process's by now.
bool holds(std::int64_t pid, const fs::path& lock) {
  const auto process = fs::path("/proc") / std::to_string(pid);
  std::error_code error;
  if (!fs::exists(process, error)) return false;
  fs::directory_iterator files(process / "fd", error);
  if (error == std::errc::permission_denied) return true;  // another user's: it is there, more cannot be seen
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    std::error_code gone;
    if (fs::equivalent(files->path(), lock, gone)) return true;
  }
  return false;
}

std::string this_host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

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

/// Whether what a run writes last is there, and of this champion: not of the one before more generations.
bool holds_champion(const fs::path& folder, bool network, const RunState& state,
                    const std::vector<LedgerTrial>& trials) {
  const auto file = network ? folder / kWeightsFolder / "config.json" : folder / kChampionFile;
  try {
    constexpr std::size_t kDeepest = 5;
    const auto text = read_whole(file);
    if (json_depth(text) > kDeepest) return false;
    const auto root = nlohmann::json::parse(text);
    const auto seed = (network ? root.at("trial") : root).at("seed").get<std::uint64_t>();
    return (state.champion && state.champion->seed == seed) ||
           std::any_of(trials.begin(), trials.end(),
                       [seed](const LedgerTrial& trial) { return trial.key.role == "champion" && trial.seed == seed; });
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

RunProcess run_process(const fs::path& folder) {
  RunProcess process;
  const auto lock = folder / "lock";
  try {
    const auto content = nlohmann::json::parse(read_whole(lock));
    process.host = content.at("host").get<std::string>();
    process.pid = content.at("pid").get<std::int64_t>();
    const auto& started = content.at("started");
    process.started = started.is_string() ? started.get<std::string>() : "";
  } catch (const std::exception&) {
    return {};  // no lock, or one that is just being written
  }
  if (process.host == this_host())
    process.alive = holds(process.pid, lock) ? RunProcess::Alive::yes : RunProcess::Alive::no;
  return process;
}

Experiment experiment_of(const fs::path& run, CodeUse code) {
  require_run(run);
  ExperimentSource source;
  source.file = run / kExperimentFile;
  source.code = code;
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
  // The champion's weights, or its genome where it is no network, are the last that a run writes. Without a trial of
  // generation 0 that went well its row of final tests is left out.
  state.complete = state.process.alive != RunProcess::Alive::yes &&
                   holds_champion(folder, !experiment.command, state, trials) &&
                   finals >= wanted - (search.finals.baselines ? search.final_seeds : 0) && (finals > 0 || wanted == 0);
  if (state.complete) state.expected = state.done;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder / kCheckpointsFolder, missing))
    state.checkpoints += !is_draft(entry.path());
  state.failures = failures_of(trials);
  state.trials_per_minute = rate(trials);
  if (!state.complete && state.process.alive != RunProcess::Alive::no && state.trials_per_minute > 0)
    state.remaining_seconds = 60 * static_cast<double>(state.expected - state.done) / state.trials_per_minute;
  return state;
}

}  // namespace evobrnn
