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
  std::int64_t generation = 0, generations = 0;  ///< generation: the one under way, from 0
  std::int64_t proposed = 0;                     ///< distinct trials asked for so far in this generation
  std::int64_t done = 0;                         ///< of those, ended (reused ones too)
  std::int64_t running = 0;
  std::int64_t total_done = 0, total_failed = 0,
               total_reused = 0;                 ///< over the whole run; reused: answered by the ledger
  std::map<TrialStatus, std::int64_t> failures;  ///< the failed ones by cause
  std::int64_t total_expected = 0;               ///< upper bound of the trials of the whole run, final tests included
  std::optional<double> best, median;            ///< score: best so far, median of this generation's finished trials
  std::string best_genome;
  double elapsed_seconds = 0;
  double trials_per_minute = 0;  ///< of trials trained in this process
  double training_seconds = 0;   ///< of those, summed over the workers
  std::int64_t peak_bytes = 0;   ///< the most memory that one trial held
  std::optional<double> remaining_seconds;
};

/// Trials that the ledger answers are only counted in the progress; started and finished tell of those trained in this
/// process.
class SearchObserver {
 public:
  virtual ~SearchObserver() = default;
  virtual void trial_started(const LedgerTrial&, const SearchProgress&) {}
  virtual void trial_finished(const LedgerTrial&, const SearchProgress&) {}
  virtual void generation_finished(const SearchProgress&) {}
  virtual void final_tests_started(const SearchProgress&) {}
};

}  // namespace evobrnn
