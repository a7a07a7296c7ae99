// SPDX-License-Identifier: Apache-2.0
#include "evolve/trial_runner.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "core/fault_point.hpp"
#include "evolve/clock.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kFinalRows = 3;  // champion, generation0, default

ProgressMeter::Expectation expectation(const SearchPlan& plan) {
  const auto& settings = plan.settings;
  // The default settings stand for all final tests: their genomes are not known yet.
  const Candidate final_candidate{std::nullopt, {"default", "{}", 1, 0}, 0, true};
  return {planned_generations(plan.space, settings, plan.first.size()), settings.population,
          kFinalRows * settings.final_seeds, plan.cost ? plan.cost(final_candidate) : 1};
}

}  // namespace

TrialRunner::TrialRunner(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
                         const std::atomic<bool>& stop)
    : plan_(plan), ledger_(ledger), executor_(executor), observer_(observer), stop_(stop), meter_(expectation(plan)) {}

void TrialRunner::run(std::vector<TrialRequest>& requests) {
  try {
    {
      const std::lock_guard lock(mutex_);
      for (auto& request : requests) {
        if (plan_.cost) request.cost = plan_.cost(request.candidate);
        meter_.propose(request.cost);
      }
    }
    std::vector<Executor::Task> tasks;
    for (auto& request : requests) {
      if (answer_from_ledger(request) || take_over(request)) continue;
      tasks.push_back({request.cost, [this, &request](int worker) { train(request, worker); }});
    }
    if (!tasks.empty()) executor_.run(std::move(tasks));
  } catch (...) {
    fail(std::current_exception());
  }
}

bool TrialRunner::answer_from_ledger(TrialRequest& request) {
  auto known = ledger_.find(request.trial.key);
  if (!known) return false;
  // A replay proposes the same trials in the same order; anything else would mix two searches in one ledger.
  if (known->id != request.trial.id || known->seed != request.trial.seed) {
    throw LedgerError("the ledger holds another search: " + request.trial.key.genome + " is its trial " +
                      std::to_string(known->id) + ", and trial " + std::to_string(request.trial.id) + " of this one");
  }
  request.trial = *std::move(known);
  request.finished = true;
  fault_point(FaultPoint::while_replaying);
  const std::lock_guard lock(mutex_);
  meter_.reuse(request.trial, request.cost);
  return true;
}

/// A spare trial of the same content has the bits that training would give.
bool TrialRunner::take_over(TrialRequest& request) {
  if (!plan_.content) return false;
  auto& trial = request.trial;
  trial.content = plan_.content(request.candidate);
  auto spare = ledger_.find_spare(trial.content);
  if (!spare || stopped()) return false;
  trial.result = std::move(spare->result);
  trial.worker = std::move(spare->worker);
  trial.started = spare->started;
  trial.origin = std::move(spare->origin);
  ledger_.store(trial);
  request.finished = true;
  const std::lock_guard lock(mutex_);
  meter_.reuse(trial, request.cost);
  return true;
}

void TrialRunner::train(TrialRequest& request, int worker) {
  try {
    if (stopped()) {
      halted_ = true;
      return;
    }
    auto& trial = request.trial;
    trial.worker = "worker-" + std::to_string(worker);
    trial.started = seconds_since_epoch();
    {
      const std::lock_guard lock(mutex_);
      meter_.start();
      observer_.trial_started(trial, meter_.progress());
    }
    trial.result = call_objective(request.candidate);
    const bool keep = trial.result.status != TrialStatus::cancelled;
    // Without this trial's fitness the strategy would go another way than when the search is resumed, so the search
    // ends here.
    if (!keep) halted_ = true;
    if (keep) ledger_.store(trial);
    const std::lock_guard lock(mutex_);
    if (!keep) {
      meter_.cancel();
      return;
    }
    request.finished = true;
    meter_.finish(trial, request.cost);
    observer_.trial_finished(trial, meter_.progress());
    fault_point(FaultPoint::between_trials);
  } catch (...) {
    fail(std::current_exception());
  }
}

TrialResult TrialRunner::call_objective(const Candidate& candidate) const {
  TrialHooks hooks;
  hooks.should_stop = [this] { return stopped(); };
  TrialResult result;
  try {
    result = plan_.objective(candidate, hooks);
  } catch (const StorageError&) {
    throw;  // not the candidate's fault
  } catch (const std::exception& error) {
    result.cause = error.what();
  } catch (...) {
    result.cause = "unknown exception";
  }
  if (result.status == TrialStatus::ok && !std::isfinite(result.score)) {
    result.status = TrialStatus::failed;
    result.cause = "score is not finite";
    result.score = 0;
  }
  return result;
}

void TrialRunner::fail(std::exception_ptr failure) {
  halted_ = true;
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
}

void TrialRunner::rethrow_failure() const {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void TrialRunner::end_generation(std::int64_t generation) {
  if (stopped()) return;  // an interrupted generation has not finished
  try {
    ledger_.finish_generation(generation);
    const std::lock_guard lock(mutex_);
    observer_.generation_finished(meter_.progress());
    meter_.end_generation();
  } catch (...) {
    fail(std::current_exception());
  }
}

void TrialRunner::begin_final_tests() {
  try {
    const std::lock_guard lock(mutex_);
    meter_.begin_final_tests();
    observer_.final_tests_started(meter_.progress());
  } catch (...) {
    fail(std::current_exception());
  }
}

SearchProgress TrialRunner::progress() const {
  const std::lock_guard lock(mutex_);
  return meter_.progress();
}

}  // namespace evobrnn
