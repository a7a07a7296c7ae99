// SPDX-License-Identifier: Apache-2.0
/// Gets batches of trials done: from the ledger where it knows them, else trained on the executor and stored.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <vector>

#include "evolve/progress_meter.hpp"
#include "evolve/search.hpp"

namespace evobrnn {

/// One trial to be done.
struct TrialRequest {
  Candidate candidate;
  LedgerTrial trial;      ///< id, generation, key, seed and parents given; the rest is the answer
  bool finished = false;  ///< whether `trial` holds the answer; false only where the search stopped before
  double cost = 1;        ///< set by the runner
};

class TrialRunner {
 public:
  TrialRunner(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
              const std::atomic<bool>& stop);

  /// Whatever goes wrong besides a trial itself (the ledger cannot store, the observer throws) is kept and stops the
  /// runner.
  void run(std::vector<TrialRequest>& requests);
  /// Keeps the first failure for rethrow_failure() and stops.
  void fail(std::exception_ptr failure);
  void rethrow_failure() const;
  /// By the user, by a trial that was cancelled, or by a failure. Never becomes false again.
  bool stopped() const { return stop_ || halted_; }

  void end_generation(std::int64_t generation);
  void begin_final_tests();
  SearchProgress progress() const;

 private:
  bool answer_from_ledger(TrialRequest& request);
  bool take_over(TrialRequest& request);
  void train(TrialRequest& request, int worker);
  TrialResult call_objective(const Candidate& candidate) const;

  const SearchPlan& plan_;
  Ledger& ledger_;
  Executor& executor_;
  SearchObserver& observer_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> halted_{false};
  mutable std::mutex mutex_;  ///< guards what follows, and calls of the observer
  std::exception_ptr failure_;
  ProgressMeter meter_;
};

}  // namespace evobrnn
