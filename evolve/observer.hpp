// SPDX-License-Identifier: Apache-2.0
/// What a search tells while it runs. Called under a lock, one event at a time, from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "evolve/ledger.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Where a search stands.
struct SearchProgress {
  std::int64_t generation = 0;                   ///< the one under way, from 0
  std::int64_t generations = 0;                  ///< that the search will have, at most
  std::int64_t proposed = 0;                     ///< distinct trials asked for so far in this generation
  std::int64_t done = 0;                         ///< of those, ended (reused ones too)
  std::int64_t running = 0;                      ///< of those, being trained
  std::int64_t total_done = 0;                   ///< ended, over the whole run
  std::int64_t total_failed = 0;                 ///< of those, without a score
  std::int64_t total_reused = 0;                 ///< of those, answered by the ledger
  std::map<TrialStatus, std::int64_t> failures;  ///< the failed ones by cause
  std::int64_t total_expected = 0;               ///< upper bound of the trials of the whole run, final tests included
  double share_done = 0;                    ///< of all that the run costs as predicted, final tests included; in [0, 1]
  std::optional<double> best;               ///< score, best so far
  std::optional<double> median;             ///< score, of this generation's finished trials
  std::string best_genome;                  ///< SearchSpace::text() of the best
  double elapsed_seconds = 0;               ///< since the search began in this process
  double trials_per_minute = 0;             ///< of trials trained in this process
  double training_seconds = 0;              ///< of those, summed over the workers
  std::int64_t peak_bytes = 0;              ///< the most memory that one trial held
  std::optional<double> remaining_seconds;  ///< of all, by the pace so far; nothing before it is known
};

/// Trials that the ledger answers are only counted in the progress; started and finished tell of those trained in this
/// process.
class SearchObserver {
 public:
  virtual ~SearchObserver() = default;
  /// A worker begins to train it; `result` is empty yet.
  virtual void trial_started(const LedgerTrial&, const SearchProgress&) {}
  /// Whether trial_progress() is wanted: a trial may tell at every batch, and from a worker process by a message.
  virtual bool wants_progress() const { return false; }
  /// What the objective told by TrialHooks::progress, in words of its own: step of steps, and a loss.
  virtual void trial_progress(const LedgerTrial&, std::int64_t /*step*/, std::int64_t /*steps*/, double /*loss*/) {}
  /// It ended and is on the disk.
  virtual void trial_finished(const LedgerTrial&, const SearchProgress&) {}
  /// The strategy has been told all results of a generation.
  virtual void generation_finished(const SearchProgress&) {}
  /// The search is over; champion and baselines are trained on fresh seeds.
  virtual void final_tests_started(const SearchProgress&) {}
};

}  // namespace evobrnn
