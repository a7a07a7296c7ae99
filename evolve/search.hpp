// SPDX-License-Identifier: Apache-2.0
/// A whole search: strategy, population, ledger, final tests. Generic over what a genome is trained into.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "evolve/executor.hpp"
#include "evolve/ledger.hpp"
#include "evolve/observer.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {

/// What is to be trained.
struct Candidate {
  std::optional<Genome>
      genome;  ///< nothing: the settings as they stand, without any gene (the "default" of the final test)
  TrialKey key;
  std::uint64_t seed = 0;
  bool final = false;  ///< a final test: full effort, and the test set is scored
};

/// Trains a candidate. Called from worker threads; an exception becomes a `failed` trial with its message as the cause,
/// but for a StorageError, which ends the search with nothing stored of this trial.
using Objective = std::function<TrialResult(const Candidate&, const TrialHooks&)>;

struct SearchPlan {
  SearchSpace space;
  SearchSettings settings;
  std::vector<Genome> first;  ///< first individuals
  Objective objective;
  std::function<double(const Candidate&)> cost;          ///< expected length, for longest first; may be empty
  std::function<std::string(const Candidate&)> content;  ///< content key; may be empty: then nothing is taken over
};

/// One row of the final table: a genome trained on fresh seeds and scored on the test set.
struct FinalRow {
  std::string role;    ///< "champion", "generation0", "default"
  std::string genome;  ///< text; "{}" for the default settings
  std::vector<LedgerTrial> trials;
};

struct SearchOutcome {
  bool complete = false;  ///< false when stopped before the end
  std::optional<LedgerTrial>
      champion;  ///< best search trial by validation score, ties to the lowest id; none where every trial failed
  std::vector<FinalRow> finals;  ///< champion first; empty when stopped or nothing succeeded
  SearchProgress progress;
};

/// Runs or, where the ledger already answers, replays the search. The result does not depend on the number of workers.
/// Once `stop` is true no trial starts, running ones are cancelled and not stored, and the outcome is incomplete.
SearchOutcome run_search(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
                         const std::atomic<bool>& stop);

}  // namespace evobrnn
