// SPDX-License-Identifier: Apache-2.0
#include "apps/run_state.hpp"

#include <algorithm>
#include <cmath>

#include "apps/run_folder.hpp"
#include "core/clock.hpp"
#include "core/settings/json_depth.hpp"
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

/// How fast a run was in the last minutes in which any trial ended. Pauses between a stop and a resume count as long as
/// they lie within.
struct Pace {
  double trials = 0;  ///< trained here, a second
  double busy = 0;    ///< seconds of training, a second: workers that were at work
  double last = 0;    ///< when the last one ended
};

Pace pace_of(const std::vector<LedgerTrial>& trials) {
  const auto end = [](const LedgerTrial& trial) { return trial.started + trial.result.cost.wall_seconds; };
  Pace pace;
  for (const auto& trial : trials) {
    if (trial.origin.empty()) pace.last = std::max(pace.last, end(trial));
  }
  double first = pace.last;
  for (const auto& trial : trials) {
    if (!trial.origin.empty() || end(trial) < pace.last - kRateWindow) continue;
    const double begin = std::max(trial.started, pace.last - kRateWindow);
    first = std::min(first, begin);
    pace.busy += end(trial) - begin;
    ++pace.trials;
  }
  const double span = pace.last - first;
  return span > 0 ? Pace{pace.trials / span, pace.busy / span, pace.last} : Pace{0, 0, pace.last};
}

/// Work in seconds of one worker, as trials so far took: final tests are often the longer part.
struct Work {
  double done = 0, search_left = 0, final_left = 0;
  double all() const { return done + search_left + final_left; }
};

/// How many times as much a final test of the champion costs as its trial of the search.
double final_ratio(const Experiment& experiment, const LedgerTrial& champion, double spent) {
  const auto& search = experiment.search;
  const double flops = champion.result.cost.flops;
  if (search.finals.flops > 0)
    return flops > 0 ? std::max(0.0, search.finals.flops - std::max(spent, search.flops)) /
                           static_cast<double>(search.final_seeds) / flops
                     : 1;
  const auto samples = experiment.base.train.samples;
  return search.final_samples > 0 && samples > 0
             ? static_cast<double>(search.final_samples) / static_cast<double>(samples)
             : 1;
}

Work work_of(const RunState& state, const Experiment& experiment, const std::vector<LedgerTrial>& trials,
             std::int64_t wanted_finals) {
  double search = 0, finals = 0, spent = 0;
  std::int64_t searched = 0, tested = 0;
  for (const auto& trial : trials) {
    const bool final = trial.generation < 0;
    (final ? finals : search) += trial.result.cost.wall_seconds;
    ++(final ? tested : searched);
    if (!final) spent += trial.result.cost.flops;
  }
  if (searched == 0) return {};
  const double one = search / static_cast<double>(searched);
  double final_one = one;
  if (tested > 0) final_one = finals / static_cast<double>(tested);
  else if (state.champion)
    final_one = state.champion->result.cost.wall_seconds * final_ratio(experiment, *state.champion, spent);
  const auto final_left = std::max<std::int64_t>(0, wanted_finals - tested);
  const auto search_left = std::max<std::int64_t>(0, state.expected - state.done - final_left);
  return {search + finals, one * static_cast<double>(search_left), final_one * static_cast<double>(final_left)};
}

/// Trainings under way are not in the ledger: since the last that ended, the time itself is what is known.
double remaining_seconds(const Work& work, const Pace& pace, std::int64_t finals_left) {
  constexpr double kMost = 0.95;
  const double side_by_side = std::min(pace.busy, static_cast<double>(std::max<std::int64_t>(1, finals_left)));
  const double left = work.search_left / pace.busy + work.final_left / side_by_side;
  return left - std::clamp(seconds_since_epoch() - pace.last, 0.0, kMost * left);
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
  const auto holder = lock_holder(folder);
  RunProcess process;
  process.host = holder.host;
  process.pid = holder.pid;
  process.started = holder.since;
  if (const auto alive = is_alive(holder, folder))
    process.alive = *alive ? RunProcess::Alive::yes : RunProcess::Alive::no;
  return process;
}

Experiment experiment_of(const fs::path& run, CodeUse code) {
  require_run(run);
  ExperimentSource source;
  source.file = run / kExperimentFile;
  source.made_before = true;
  source.code = code;
  return load_experiment(source);
}

RunState run_state(const fs::path& folder, const Experiment& experiment, const std::vector<LedgerTrial>& trials,
                   const ScoreMeaning& score) {
  RunState state;
  state.score = score;
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
    if (trial.generation < 0 && !state.tested) state.tested = test_samples(trial.result);
    before += trial.generation >= 0 && trial.generation < state.generation;
    if (trial.generation >= 0 && ok && (!state.champion || trial.result.score > state.champion->result.score))
      state.champion = trial;
  }
  const auto wanted = final_rows(experiment) * search.final_seeds;
  const auto left = std::max<std::int64_t>(0, state.generations - state.generation);
  state.expected = std::max(state.done, before + search.population * left + wanted);
  if (search.flops > 0) state.expected = std::min(state.expected, by_budget(search, trials) + wanted);
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
  const auto pace = pace_of(trials);
  state.trials_per_minute = 60 * pace.trials;
  const auto work = work_of(state, experiment, trials, state.complete ? finals : wanted);
  state.share_done = state.complete ? 1 : work.all() > 0 ? work.done / work.all() : 0;
  if (!state.complete && state.process.alive != RunProcess::Alive::no && pace.busy > 0)
    state.remaining_seconds = remaining_seconds(work, pace, wanted - finals);
  return state;
}

}  // namespace evobrnn
