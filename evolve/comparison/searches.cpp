// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/searches.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "evolve/comparison/repeat_reading.hpp"
#include "evolve/experiment.hpp"
#include "evolve/run_files.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

bool is_ok(const LedgerTrial& trial) { return trial.result.status == TrialStatus::ok; }

/// What it cost, in FLOPs, or in evaluations where results tell none.
Spending cost_of(const LedgerTrial& trial) {
  auto cost = spending_of(trial);
  if (cost.flops <= 0) cost.flops = 1;
  return cost;
}

void read_search(const SearchSpace& space, const std::vector<LedgerTrial>& trials, ArmRepeat& repeat) {
  double spent = 0;
  for (const auto& trial : trials) {
    if (trial.generation == kFinalTests) continue;
    const auto cost = cost_of(trial);
    repeat.search = repeat.search + cost;
    spent += cost.flops;
    SearchedCandidate candidate;
    candidate.genes = space.unit(space.parse(trial.key.genome));
    candidate.flops = cost.flops;
    if (is_ok(trial)) candidate.score = trial.result.score;
    if (is_ok(trial) && (repeat.progress.empty() || trial.result.score > repeat.progress.back().second))
      repeat.progress.emplace_back(spent, trial.result.score);
    repeat.candidates.push_back(std::move(candidate));
  }
}

void read_finals(const std::vector<FinalRow>& finals, ArmRepeat& repeat) {
  if (finals.empty()) {
    repeat.problem = "no trial of its search went well";
    return;
  }
  repeat.champion = finals.front().genome;
  repeat.chosen = numbers_of(repeat.champion);
  double tests = 0, scores = 0, count = 0;
  for (const auto& trial : finals.front().trials) {
    repeat.finals = repeat.finals + cost_of(trial);
    if (!is_ok(trial)) continue;
    tests += test_score(trial.result);
    scores += trial.result.score;
    ++count;
  }
  if (count > 0) repeat.test = tests / count, repeat.validation = scores / count;
  else
    repeat.problem = "all final tests failed, the first one as " + to_text(finals.front().trials.front().result.status);
}

void check(const std::vector<SearchArm>& arms, const ComparisonSettings& settings) {
  auto mistakes = broken_rules(comparison_settings_table(), settings);
  if (arms.size() < 2) mistakes.push_back({"", "arms", "", "a comparison needs at least two"});
  std::set<std::string> names;
  for (const auto& arm : arms) {
    const bool plain = !arm.name.empty() && std::all_of(arm.name.begin(), arm.name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
    if (!plain) mistakes.push_back({"", "arms", arm.name, "the name may hold letters, digits, _ and -"});
    if (!names.insert(arm.name).second) mistakes.push_back({"", "arms", arm.name, "is there twice"});
    if (arm.plan.settings.final_seeds < 1)
      mistakes.push_back(
          {"", "final.seeds", "0", "must be at least 1 in arm " + arm.name + ": final tests are compared"});
    for (auto mistake : mistakes_of(arm.plan)) {
      mistake.rule += " (arm " + arm.name + ")";
      mistakes.push_back(std::move(mistake));
    }
  }
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
}

}  // namespace

std::optional<Comparison> compare_searches(const std::vector<SearchArm>& arms, const ComparisonSettings& settings,
                                           ScoreKind score, std::uint64_t seed, const fs::path& folder,
                                           const EvolutionOptions& options) {
  check(arms, settings);
  std::vector<ArmRecord> records;
  for (const auto& arm : arms)
    records.push_back({arm.name, arm.plan.settings.strategy, arm.doc, arm.plan.space.genes(), {}});
  for (std::int64_t number = 0; number < settings.repeats; ++number) {
    for (std::size_t i = 0; i < arms.size(); ++i) {
      auto plan = arms[i].plan;
      plan.settings.seed = repeat_seed(seed, "repeat", number);
      plan.settings.finals.seed = repeat_seed(seed, "final", number);
      plan.settings.finals.baselines = false;
      const auto place = folder / arms[i].name / std::to_string(number + 1);
      const auto outcome = evolve(plan, place, options);
      if (!outcome.complete) return std::nullopt;
      ArmRepeat repeat;
      repeat.repeat = number;
      read_search(plan.space, Ledger(place / kLedgerFile, Ledger::Access::read).trials(), repeat);
      read_finals(outcome.finals, repeat);
      records[i].repeats.push_back(std::move(repeat));
    }
  }
  return compare_arms(settings, score, std::move(records), seed);
}

}  // namespace evobrnn
