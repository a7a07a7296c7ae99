// SPDX-License-Identifier: Apache-2.0
#include "evolve/search.hpp"

#include "core/foreign_code.hpp"
#include "evolve/failure_summary.hpp"
#include "evolve/population.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

void run_strategy(const SearchPlan& plan, PopulationEvaluation& evaluation) {
  const auto run_seed = static_cast<std::uint64_t>(plan.settings.seed);
  const auto seed = trial_seed(run_seed, {"strategy", plan.settings.strategy, 1, 0});
  const auto& strategy = find_strategy(plan.settings.strategy);
  try {
    strategy.run({plan.space, plan.settings, seed, plan.first, evaluation});
  } catch (const StorageError&) {
    evaluation.rethrow_failure();  // the cause, where the strategy only stumbled over its consequence
    throw;
  } catch (...) {
    evaluation.rethrow_failure();
    throw StrategyError(plan.settings.strategy,
                        with_origin(plugin_origin("strategy", plan.settings.strategy), thrown_text()));
  }
  evaluation.rethrow_failure();
}

}  // namespace

std::uint64_t seed_of(const SearchSettings& settings, const TrialKey& key) {
  if (settings.finals.seed > 0 && key.role != "search")
    return trial_seed(static_cast<std::uint64_t>(settings.finals.seed), {"final", "", 1, key.repeat});
  return trial_seed(static_cast<std::uint64_t>(settings.seed), key);
}

SearchOutcome run_search(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
                         const std::atomic<bool>& stop) {
  ledger.keep_score(plan.score);
  PopulationEvaluation evaluation(plan, ledger, executor, observer, stop);
  run_strategy(plan, evaluation);
  SearchOutcome outcome;
  outcome.champion = evaluation.best();
  outcome.complete = !evaluation.interrupted();
  if (outcome.complete && outcome.champion && plan.settings.final_seeds > 0) {
    outcome.finals = evaluation.final_tests();
    evaluation.rethrow_failure();
    outcome.complete = !outcome.finals.empty();
  }
  outcome.progress = evaluation.progress();
  if (!outcome.complete && !stop) outcome.limit = evaluation.limit();
  if (!outcome.champion) outcome.failure = failure_summary(ledger.trials());
  return outcome;
}

}  // namespace evobrnn
