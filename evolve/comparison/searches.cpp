// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/searches.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

bool is_ok(const LedgerTrial& trial) { return trial.result.status == TrialStatus::ok; }

/// FLOPs, or one evaluation.
double cost_of(const LedgerTrial& trial) { return trial.result.cost.flops > 0 ? trial.result.cost.flops : 1; }

void add(Spending& spending, const LedgerTrial& trial) {
  Spending one;
  one.trainings = 1;
  one.failed = !is_ok(trial);
  one.samples = trial.result.cost.samples;
  one.flops = cost_of(trial);
  one.wall_seconds = trial.result.cost.wall_seconds;
  one.cpu_seconds = trial.result.cost.cpu_seconds;
  spending = spending + one;
}

double test_score(const LedgerTrial& trial) {
  const auto found = trial.result.metrics.find("test_score");
  return found == trial.result.metrics.end() ? trial.result.score : found->second;
}

void read_search(const SearchSpace& space, const std::vector<LedgerTrial>& trials, ArmRepeat& repeat) {
  double spent = 0;
  for (const auto& trial : trials) {
    if (trial.generation == kFinalTests) continue;
    add(repeat.search, trial);
    spent += cost_of(trial);
    SearchedCandidate candidate;
    candidate.genes = space.unit(space.parse(trial.key.genome));
    candidate.flops = cost_of(trial);
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
  const auto genome = nlohmann::json::parse(repeat.champion);
  for (const auto& [path, value] : genome.items()) {
    if (value.is_number()) repeat.chosen[path] = value.get<double>();
  }
  double tests = 0, scores = 0, count = 0;
  for (const auto& trial : finals.front().trials) {
    add(repeat.finals, trial);
    if (!is_ok(trial)) continue;
    tests += test_score(trial);
    scores += trial.result.score;
    ++count;
  }
  if (count > 0) repeat.test = tests / count, repeat.validation = scores / count;
  else
    repeat.problem = "all final tests failed, the first one as " + to_text(finals.front().trials.front().result.status);
}

/// A seed of the settings' range, the same for all arms: pairs share what chance they can share.
std::int64_t shared_seed(std::uint64_t seed, const std::string& purpose, std::int64_t repeat) {
  constexpr std::uint64_t kLargest = 9'000'000'000'000'000'000U;
  return static_cast<std::int64_t>(trial_seed(seed, {purpose, "", 1, repeat}) % kLargest + 1);
}

void check(const std::vector<SearchArm>& arms, const ComparisonSettings& settings) {
  std::vector<Diagnostic> mistakes;
  for (const auto& row : comparison_settings_table()) {
    const auto value = row.get(settings);
    if (const auto broken = broken_rule(row.setting, value))
      mistakes.push_back({"", row.setting.path, to_text(value), *broken});
  }
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
      plan.settings.seed = shared_seed(seed, "repeat", number);
      plan.settings.finals.seed = shared_seed(seed, "final", number);
      plan.settings.finals.baselines = false;
      const auto place = folder / arms[i].name / std::to_string(number + 1);
      const auto outcome = evolve(plan, place, options);
      if (!outcome.complete) return std::nullopt;
      ArmRepeat repeat;
      repeat.repeat = number;
      read_search(plan.space, Ledger(place / "ledger.sqlite", Ledger::Access::read).trials(), repeat);
      read_finals(outcome.finals, repeat);
      records[i].repeats.push_back(std::move(repeat));
    }
  }
  return compare_arms(settings, score, std::move(records), seed);
}

}  // namespace evobrnn
