// SPDX-License-Identifier: Apache-2.0
/// What whole searches with a strategy leave in their ledgers.
#include <atomic>
#include <filesystem>
#include <map>
#include <set>

#include "evolve/conformance/strategy_properties.hpp"
#include "evolve/temporary_folder.hpp"

namespace evobrnn::conformance {
namespace {

/// One whole search on one worker to compare with.
struct Reference {
  Reference(const std::string& strategy, const Problem& problem)
      : plan(plan_of(problem, strategy)), ledger(folder / "reference"), outcome(run_whole(plan, ledger, 1)) {}

  TemporaryFolder folder{std::filesystem::temp_directory_path(), "evobrnn-conformance"};
  SearchPlan plan;
  Ledger ledger;
  SearchOutcome outcome;
};

void expect_same_ledger(const std::string& where, const Ledger& expected, const Ledger& seen, Findings& findings) {
  for (const auto& difference : differences(expected, seen))
    findings.expect(false, where, "the ledger of one worker, uninterrupted", difference);
}

void champion_and_finals(const std::string& strategy, const Problem& problem, Findings& findings) {
  const Reference whole(strategy, problem);
  findings.expect(whole.outcome.complete, "the search", "complete", "stopped");
  if (!findings.expect(whole.outcome.champion.has_value(), "the champion", "some trial", "none")) return;
  findings.expect_equal("rows of the final tests", static_cast<double>(whole.outcome.finals.size()), 3);
  std::int64_t id = 0;
  for (const auto& trial : whole.ledger.trials()) {
    findings.expect_equal("id of a trial", static_cast<double>(trial.id), static_cast<double>(++id));
    if (trial.result.status != TrialStatus::ok || trial.generation < 0) continue;
    findings.expect(trial.result.score <= whole.outcome.champion->result.score, "score of trial " + std::to_string(id),
                    "at most the champion's", number_text(trial.result.score));
  }
  const auto searched = id - 6;  // three rows of two seeds
  findings.expect(searched >= 5, "trials of the search", "at least 5", std::to_string(searched));
}

void any_number_of_workers(const std::string& strategy, const Problem& problem, Findings& findings) {
  const Reference whole(strategy, problem);
  for (const int workers : {2, 8}) {
    const auto name = std::to_string(workers) + " workers";
    Ledger ledger(whole.folder / name);
    const auto outcome = run_whole(whole.plan, ledger, workers);
    expect_same_ledger(name, whole.ledger, ledger, findings);
    findings.expect_equal("champion of " + name, static_cast<double>(outcome.champion ? outcome.champion->id : 0),
                          static_cast<double>(whole.outcome.champion ? whole.outcome.champion->id : 0));
  }
}

void interrupted_and_resumed(const std::string& strategy, const Problem& problem, Findings& findings) {
  const Reference whole(strategy, problem);
  const auto all = static_cast<std::int64_t>(whole.ledger.trials().size());
  // In the first generation, later, and in the final tests.
  for (const std::int64_t trials : {std::int64_t{3}, all - 8, all - 2}) {
    for (const int workers : {1, 2}) {
      const auto where =
          "stopped after " + std::to_string(trials) + " trials on " + std::to_string(workers) + " workers";
      Ledger ledger(whole.folder / where);
      const auto stopped = run_interrupted(whole.plan, ledger, workers, trials);
      findings.expect(!stopped.complete && stopped.finals.empty(), where, "incomplete", "complete");
      const auto kept = static_cast<std::int64_t>(ledger.trials().size());
      findings.expect(kept <= trials && kept >= trials - workers + 1, where, "each finished trial kept",
                      std::to_string(kept) + " kept");
      const auto resumed = run_whole(whole.plan, ledger, 2);
      findings.expect(resumed.complete, where + ", resumed", "complete", "stopped");
      findings.expect_equal("trials that are not trained again, " + where,
                            static_cast<double>(resumed.progress.total_reused), static_cast<double>(kept));
      expect_same_ledger(where + ", resumed", whole.ledger, ledger, findings);
    }
  }
}

void nothing_when_run_again(const std::string& strategy, const Problem& problem, Findings& findings) {
  Reference whole(strategy, problem);
  auto plan = whole.plan;
  std::atomic<int> trained{0};
  plan.objective = [&, inner = plan.objective](const Candidate& candidate, const TrialHooks& hooks) {
    ++trained;
    return inner(candidate, hooks);
  };
  const auto again = run_whole(plan, whole.ledger, 2);
  findings.expect_equal("trainings when a complete search is run again", trained, 0);
  findings.expect(again.complete, "a complete search run again", "complete", "stopped");
  findings.expect_equal("trials reused", static_cast<double>(again.progress.total_reused),
                        static_cast<double>(whole.ledger.trials().size()));
  if (again.champion && whole.outcome.champion)
    findings.expect_equal("the champion again", static_cast<double>(again.champion->id),
                          static_cast<double>(whole.outcome.champion->id));
  if (findings.expect_equal("final rows again", static_cast<double>(again.finals.size()),
                            static_cast<double>(whole.outcome.finals.size())) &&
      !again.finals.empty())
    findings.expect_equal("score of a final test again", again.finals[0].trials.at(1).result.score,
                          whole.outcome.finals[0].trials.at(1).result.score);
}

/// Without this a run could not be resumed with more generations.
void more_generations(const std::string& strategy, const Problem& problem, Findings& findings) {
  const Reference whole(strategy, problem);
  Ledger ledger(whole.folder / "grown");
  auto plan = whole.plan;
  plan.settings.generations = 2;
  run_whole(plan, ledger, 2);
  ledger.set_finals_aside([](const LedgerTrial&) { return std::string("none"); });
  run_whole(whole.plan, ledger, 2);
  expect_same_ledger("two generations, then resumed with four", whole.ledger, ledger, findings);
}

void notes_generations(const std::string& strategy, const Problem& problem, Findings& findings) {
  const Reference whole(strategy, problem);
  const auto generations = whole.ledger.generations();
  std::map<std::int64_t, std::set<std::int64_t>> trials;
  for (const auto& trial : whole.ledger.trials()) trials[trial.generation].insert(trial.id);
  const auto planned = planned_generations(whole.plan.space, whole.plan.settings, whole.plan.first.size());
  const auto noted = static_cast<std::int64_t>(generations.size());
  // A design may come to fewer: combinations of genes that do not apply are one genome.
  if (!findings.expect(noted >= 2 && noted <= 1 + planned, "generations, with the final tests",
                       "at most " + std::to_string(1 + planned), std::to_string(noted)))
    return;
  for (std::int64_t i = 0; i + 1 < noted; ++i)
    findings.expect_equal("number of a generation",
                          static_cast<double>(generations[static_cast<std::size_t>(i)].generation),
                          static_cast<double>(i));
  findings.expect_equal("the last generation", static_cast<double>(generations.back().generation), kFinalTests);
  for (const auto& generation : generations) {
    const auto where = "generation " + std::to_string(generation.generation);
    const std::set<std::int64_t> proposed(generation.proposals.begin(), generation.proposals.end());
    findings.expect(generation.finished.has_value(), where, "finished", "not finished");
    for (const auto id : trials[generation.generation])
      findings.expect(proposed.count(id) > 0, where, "every trial of it among its proposals",
                      "trial " + std::to_string(id) + " is not");
    if (generation.generation >= 0)
      findings.expect(generation.proposals.size() >= trials[generation.generation].size(), where,
                      "a proposal for each trial", std::to_string(generation.proposals.size()));
  }
}

void at_most_once(const std::string& strategy, const Problem& problem, Findings& findings) {
  const Reference whole(strategy, problem);
  std::set<std::pair<std::string, std::int64_t>> genomes;
  for (const auto& trial : whole.ledger.trials()) {
    if (trial.generation >= 0)
      findings.expect(genomes.emplace(trial.key.genome, trial.key.repeat).second, "genome " + trial.key.genome,
                      "trained once", "trained again");
  }
}

}  // namespace

const std::vector<StrategyProperty>& search_properties() {
  static const std::vector<StrategyProperty> list = {
      {"EndsWithAChampionAndFinalTests", champion_and_finals},
      {"LeavesTheSameLedgerForAnyNumberOfWorkers", any_number_of_workers},
      {"IsTheSameWhenInterruptedAndResumed", interrupted_and_resumed},
      {"TrainsNothingWhenRunAgain", nothing_when_run_again},
      {"HasTheSameFirstGenerationsWhateverTheirNumber", more_generations},
      {"NotesItsGenerations", notes_generations},
      {"TrainsEveryGenomeAtMostOnce", at_most_once},
  };
  return list;
}

}  // namespace evobrnn::conformance
