// SPDX-License-Identifier: Apache-2.0
/// Gets batches of trials done: from the ledger where it knows them, else trained on the executor and stored.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "evolve/progress_meter.hpp"
#include "evolve/run_limits.hpp"
#include "evolve/search.hpp"

namespace evobrnn {

/// One trial to be done.
struct TrialRequest {
  Candidate candidate;
  LedgerTrial trial;      ///< id, generation, key, seed and parents given; the rest is the answer
  bool finished = false;  ///< whether `trial` holds the answer; false only where the search stopped before
  double cost = 1;        ///< set by the runner
  std::optional<TrialResult> refusal = {};  ///< how it has ended where its cost, memory or content could not be told
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
  /// By the user, by a limit, by a trial that was cancelled, or by a failure. Never becomes false again.
  bool stopped() const { return stop_ || halted_ || limits_.out_of_time(); }

  void end_generation(std::int64_t generation);
  void begin_final_tests();
  SearchProgress progress() const;
  std::string limit() const;

 private:
  bool answer_from_ledger(TrialRequest& request);
  bool take_over(TrialRequest& request);
  void train(TrialRequest& request, int worker);
  void store(TrialRequest& request, bool reused);
  void admit_and_train(std::vector<TrialRequest>& requests);
  /// The requests that the ledger does not know and the limits let through.
  std::vector<Executor::Task> admit(std::vector<TrialRequest>& requests);
  /// What `train` gives while the plan's inputs stay as they are.
  TrialResult on_the_same_files(const std::function<TrialResult()>& train) const;
  /// One training, whatever happens in it: again where a process of it was ended from outside, and where the machine
  /// could not start it.
  TrialResult attempt(const Candidate& candidate, const TrialRequest& request);
  TrialResult attempt_once(const Candidate& candidate, const TrialRequest& request);
  TrialResult attempt_when_possible(const Candidate& candidate, const TrialRequest& request);
  /// Waits; returns whether the runner was stopped meanwhile.
  bool stopped_within(double seconds) const;
  std::optional<double> allowed_seconds(double cost) const;

  const SearchPlan& plan_;
  Ledger& ledger_;
  Executor& executor_;
  SearchObserver& observer_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> halted_{false};
  std::atomic<bool> told_shortage_{false};
  std::atomic<std::int64_t> under_way_{0}, ended_{0};  ///< trainings that have begun, and those that ended since
  mutable std::mutex mutex_;                           ///< guards what follows, and calls of the observer
  std::exception_ptr failure_;
  ProgressMeter meter_;
  RunLimits limits_;
  Pace pace_;
};

}  // namespace evobrnn
