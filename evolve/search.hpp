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

namespace [[gnu::visibility("default")]] evobrnn {

/// What is to be trained.
struct Candidate {
  std::optional<Genome>
      genome;              ///< nothing: the settings as they stand, without any gene (the "default" of the final test)
  TrialKey key;            ///< role, genome as text, fidelity and repeat
  std::uint64_t seed = 0;  ///< all its chance derives from this: seed_of()
  bool final = false;      ///< a final test: full effort, and the test set is scored
  /// Trained with half the learning rate and a lower clip than it says, after it diverged.
  bool gentler = false;
};

/// Trains a candidate. Called from worker threads; an exception becomes a trial of its kind: invalid, out_of_memory, or
/// else crashed, with its message in the cause; but a StorageError ends the search with nothing stored of this trial.
using Objective = std::function<TrialResult(const Candidate&, const TrialHooks&)>;

/// What a search needs to know.
struct SearchPlan {
  SearchSpace space;          ///< what is searched
  SearchSettings settings;    ///< strategy, sizes, seeds, limits
  std::vector<Genome> first;  ///< first individuals
  Objective objective;        ///< what trains a candidate
  ScoreMeaning score;         ///< what its scores are; kept in the ledger for those who read it
  /// Whether the objective knows candidates without a genome, its settings as they stand; else the final tests have
  /// no row "default".
  bool defaults = true;
  /// Expected FLOPs: the longest start first, and run.max_flops and run.slower_than count in them. May be empty. What
  /// this and the next two throw, and a cost that is no number from 0 on, is the candidate's status.
  std::function<double(const Candidate&)> cost;
  /// Expected memory in bytes, to stay within the executor's. May be empty.
  std::function<std::int64_t(const Candidate&)> bytes;
  /// Looks whether the files that trials stand on are those that the search began with; asked before and after each
  /// trial. Throws StorageError where they are not, which ends the search with nothing stored of this trial. Another
  /// number than before the trial says that they were written again, with the same bytes: the trial is trained again,
  /// for what it has read is not certain. May be empty.
  std::function<std::int64_t()> inputs;
  std::function<std::string(const Candidate&)> content;  ///< content key; may be empty: then nothing is taken over
  /// Names the objective as it is now, for a function has no text that could be compared: change it with whatever
  /// changes results. evolve() keeps it with the run, and refuses to go on under another one.
  std::string version = {};
};

/// Rows of the final table, at most: champion, and with baselines generation0 and, where the plan has them, default.
inline std::int64_t final_rows(const SearchSettings& settings, bool defaults = true) {
  if (!settings.finals.baselines) return 1;
  return defaults ? 3 : 2;
}

/// The seed of a trial: trial_seed() of the run's, but for final trainings where final.seed is set, which stand on that
/// and the repeat alone.
std::uint64_t seed_of(const SearchSettings& settings, const TrialKey& key);

/// One row of the final table: a genome trained on fresh seeds and scored on the test set.
struct FinalRow {
  std::string role;                 ///< "champion", "generation0", "default"
  std::string genome;               ///< text; "{}" for the default settings
  std::vector<LedgerTrial> trials;  ///< one a fresh seed
};

/// What a search came to.
struct SearchOutcome {
  bool complete = false;  ///< false when stopped before the end
  std::optional<LedgerTrial>
      champion;  ///< best search trial by validation score, ties to the lowest id; none where every trial failed
  std::vector<FinalRow> finals;  ///< champion first; empty when stopped or nothing succeeded
  SearchProgress progress;       ///< counts and times at its end
  std::string limit;             ///< what stopped it, as "run.max_trials = 20"; empty where no limit did
  /// Where there were trials and none succeeded: how many ended how, and their commonest cause; else empty.
  std::string failure = {};
};

/// Runs or, where the ledger already answers, replays the search. The result does not depend on the number of workers.
/// Once `stop` is true no trial starts, running ones are cancelled and not stored, and the outcome is incomplete.
SearchOutcome run_search(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
                         const std::atomic<bool>& stop);

}  // namespace evobrnn
