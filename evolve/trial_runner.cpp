// SPDX-License-Identifier: Apache-2.0
#include "evolve/trial_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "core/clock.hpp"
#include "core/fault_point.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/notice.hpp"
#include "evolve/prediction.hpp"
#include "evolve/process_end.hpp"
#include "evolve/shortage.hpp"
#include "evolve/stopwatch.hpp"

namespace evobrnn {
namespace {

/// Nothing where the prediction itself fails: the trial will say what is wrong.
std::optional<double> predicted(const SearchPlan& plan, const Candidate& candidate) {
  std::optional<TrialResult> refusal;
  const auto cost = expected_cost(plan, candidate, refusal);
  return refusal ? std::nullopt : std::optional(cost);
}

/// Of one final test, on average over the rows of the final table.
std::optional<double> final_cost(const SearchPlan& plan, const std::string& best_genome) {
  const auto& s = plan.settings;
  if (s.finals.flops > 0) return std::max(0.0, s.finals.flops - s.flops) / static_cast<double>(s.final_seeds);
  const auto best = predicted(plan, {plan.space.parse(best_genome), {"champion", best_genome, 1, 0}, 0, true});
  const auto rows = static_cast<double>(final_rows(s, plan.defaults));
  if (!best || !s.finals.baselines || !plan.defaults) return best;
  const auto own = predicted(plan, {std::nullopt, {"default", "{}", 1, 0}, 0, true});
  return own ? ((rows - 1) * *best + *own) / rows : *best;
}

ProgressMeter::Expectation expectation(const SearchPlan& plan, int workers) {
  const auto& settings = plan.settings;
  auto generations = planned_generations(plan.space, settings, plan.first.size());
  // Not exact, for genes may change the cost: it is for the estimate of the remaining time alone.
  const auto cost =
      settings.flops > 0 ? predicted(plan, {std::nullopt, {"search", "{}", 1, 0}, 0, false}) : std::nullopt;
  if (cost && *cost > 0)
    generations = std::min(
        generations, static_cast<std::int64_t>(settings.flops / *cost / static_cast<double>(settings.population)) + 1);
  ProgressMeter::Expectation expected{
      generations, settings.population, final_rows(settings, plan.defaults) * settings.final_seeds,
      workers,     settings.flops,      {}};
  if (settings.final_seeds > 0)
    expected.final_cost = [&plan](const std::string& best) { return final_cost(plan, best); };
  return expected;
}

std::string abort_text(const LedgerTrial& trial) {
  const auto status = to_text(trial.result.status);
  return fmt::format("trial {} ({}) ended as {}: {}; failures.{} = \"abort\" ends the run here", trial.id,
                     trial.key.genome, status, trial.result.cause, status);
}

}  // namespace

TrialRunner::TrialRunner(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
                         const std::atomic<bool>& stop)
    : plan_(plan),
      ledger_(ledger),
      executor_(executor),
      observer_(observer),
      stop_(stop),
      meter_(expectation(plan, executor.workers())),
      limits_(plan.settings.limits),
      pace_(plan.settings.limits.slower_than) {}

void TrialRunner::run(std::vector<TrialRequest>& requests) {
  try {
    {
      const std::lock_guard lock(mutex_);
      for (auto& request : requests) {
        request.cost = expected_cost(plan_, request.candidate, request.refusal);
        meter_.propose(request.cost);
      }
    }
    admit_and_train(requests);
    std::vector<double> flops;
    for (const auto& request : requests) {
      if (request.finished) flops.push_back(request.trial.result.cost.flops);
    }
    const std::lock_guard lock(mutex_);
    limits_.settle(flops);
    if (!limits_.reached().empty()) halted_ = true;
  } catch (...) {
    fail(std::current_exception());
  }
}

/// Returns when all that ended is on the disk: a strategy never sees what a crash could take back.
void TrialRunner::admit_and_train(std::vector<TrialRequest>& requests) {
  const struct Stores {
    Ledger& ledger;
    ~Stores() { ledger.wait_for_stores(); }  // whatever happens: they refer to the requests
  } stores{ledger_};
  auto tasks = admit(requests);
  if (!tasks.empty()) executor_.run(std::move(tasks));
}

std::vector<Executor::Task> TrialRunner::admit(std::vector<TrialRequest>& requests) {
  std::vector<Executor::Task> tasks;
  std::vector<TrialRequest*> taken_over;
  for (auto& request : requests) {
    bool known = answer_from_ledger(request);
    if (!known && take_over(request)) {
      known = true;
      taken_over.push_back(&request);
    }
    const std::lock_guard lock(mutex_);
    if (known) limits_.expect(request.cost);
    if (known || !limits_.admit(request.trial.id, request.cost)) continue;
    const auto bytes = expected_bytes(plan_, request.candidate, request.refusal);
    tasks.push_back({request.cost, [this, &request](int worker) { train(request, worker); }, bytes});
  }
  // Behind all questions, which would each wait for the transaction under way.
  for (auto* request : taken_over) store(*request, /*reused=*/true);
  return tasks;
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
  if (request.trial.result.status == TrialStatus::ok)
    pace_.finished(request.cost, request.trial.result.cost.wall_seconds);
  return true;
}

/// A spare trial of the same content has the bits that training would give.
bool TrialRunner::take_over(TrialRequest& request) {
  if (!plan_.content) return false;
  auto& trial = request.trial;
  trial.content = content_key(plan_, request.candidate, request.refusal);
  if (trial.content.empty()) return false;
  auto spare = ledger_.find_spare(trial.content);
  if (!spare || stopped()) return false;
  trial.result = std::move(spare->result);
  trial.worker = std::move(spare->worker);
  trial.started = spare->started;
  trial.origin = std::move(spare->origin);
  return true;
}

/// The worker goes on meanwhile: nothing is told of the trial, and nothing follows from it, before it is on the disk.
void TrialRunner::store(TrialRequest& request, bool reused) {
  ledger_.store(request.trial, [this, &request, reused](const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
      const std::lock_guard lock(mutex_);
      request.finished = true;
      if (reused) return meter_.reuse(request.trial, request.cost);
      meter_.finish(request.trial, request.cost);
      observer_.trial_finished(request.trial, meter_.progress());
      fault_point(FaultPoint::between_trials);
    } catch (...) {
      fail(std::current_exception());
    }
  });
}

void TrialRunner::train(TrialRequest& request, int worker) {
  try {
    if (stopped()) {
      halted_ = true;
      return;
    }
    auto& trial = request.trial;
    trial.worker = "worker-" + std::to_string(worker);
    trial.started = ledger_.now();
    {
      const std::lock_guard lock(mutex_);
      meter_.start(trial.id, request.cost);
      observer_.trial_started(trial, meter_.progress());
    }
    const auto& failures = plan_.settings.failures;
    trial.result = on_the_same_files([&] {
      return train_with_policies(failures, request.candidate, [this, &request](const Candidate& candidate) {
        return request.refusal ? *request.refusal : attempt(candidate, request);
      });
    });
    const bool abort = failure_policy(failures, trial.result.status) == "abort";
    const bool keep = !abort && trial.result.status != TrialStatus::cancelled;
    // Without this trial's fitness the strategy would go another way than when the search is resumed, so the search
    // ends here.
    if (abort) fail(std::make_exception_ptr(RunAborted(abort_text(trial))));
    else if (!keep) halted_ = true;
    {
      const std::lock_guard lock(mutex_);
      meter_.end();
      if (trial.result.status == TrialStatus::ok && attempts(trial.result) == 1)
        pace_.finished(request.cost, trial.result.cost.wall_seconds);
    }
    if (keep) store(request, /*reused=*/false);
  } catch (...) {
    fail(std::current_exception());
  }
}

TrialResult TrialRunner::on_the_same_files(const std::function<TrialResult()>& train) const {
  if (!plan_.inputs) return train();
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const auto before = plan_.inputs();
    auto result = train();
    if (result.status == TrialStatus::cancelled || plan_.inputs() == before) return result;
  }
  throw StorageError(
      "files that the run stands on are written again and again while trials are under way, so that what they read is "
      "not certain");
}

TrialResult TrialRunner::attempt(const Candidate& candidate, const TrialRequest& request) {
  constexpr double kMoment = 0.5;  // in which a signal to all processes of a job has reached this one too
  constexpr double kSooner = 0.02;
  for (bool first = true;; first = false) {
    try {
      return attempt_when_possible(candidate, request);
    } catch (const ProcessEnded& end) {
      const bool outside = comes_from_outside(end.signal());
      if (stopped_within(outside ? kMoment : kSooner))
        return ended_as(TrialStatus::cancelled, "its process ended as the run was told to: " + end.result().cause);
      // SIGKILL ends what takes too much of the machine, and would end it again.
      if (!first || !outside || end.signal() == SIGKILL) return end.result();
      notice(fmt::format("trial {}: {}; nobody here sent that signal, so it is trained again", request.trial.id,
                         end.result().cause));
    }
  }
}

bool TrialRunner::stopped_within(double seconds) const {
  constexpr std::chrono::milliseconds kLook{5};
  for (const Stopwatch clock; !stopped() && clock.seconds() < seconds;) std::this_thread::sleep_for(kLook);
  return stopped();
}

TrialResult TrialRunner::attempt_when_possible(const Candidate& candidate, const TrialRequest& request) {
  constexpr int kTries = 5;
  constexpr double kFirstPause = 0.1;  // s; each is twice as long as the one before
  for (int in_vain = 0;;) {
    const auto ended = ended_.load();
    try {
      return attempt_once(candidate, request);
    } catch (const Shortage& lack) {
      if (!told_shortage_.exchange(true))
        notice(fmt::format("{}: waits for trials under way to end, and tries again", lack.what()));
      // As long as others run they will end, and free what they hold.
      if (ended_ != ended) in_vain = 0;
      else if (under_way_ == 0 && ++in_vain > kTries)
        throw StorageError(fmt::format("no trial can be started: {}", lack.what()));
      if (stopped_within(kFirstPause * (1 << in_vain))) return ended_as(TrialStatus::cancelled, lack.what());
    }
  }
}

TrialResult TrialRunner::attempt_once(const Candidate& candidate, const TrialRequest& request) {
  struct Training {
    TrialRunner& runner;
    bool begun = false, whole = false;
    ~Training() {
      if (begun) --runner.under_way_;
      if (whole) ++runner.ended_;
    }
  } training{*this};
  bool too_slow = false;
  std::optional<double> allowed;  // seconds, from `started` on
  double started = 0;
  TrialHooks hooks;
  hooks.started = [&] {
    if (!std::exchange(training.begun, true)) ++under_way_;
    allowed = allowed_seconds(request.cost);
    started = awake_seconds();
  };
  hooks.should_stop = [&] {
    if (allowed && awake_seconds() - started > *allowed) too_slow = true;
    return too_slow || stopped();
  };
  if (observer_.wants_progress())
    hooks.progress = [&](std::int64_t step, std::int64_t steps, double loss) {
      const std::lock_guard lock(mutex_);
      observer_.trial_progress(request.trial, step, steps, loss);
    };
  std::optional<ProcessEnded> process_ended;
  auto result = outcome_of([&] {
    try {
      return plan_.objective(candidate, hooks);
    } catch (const ProcessEnded& end) {
      process_ended = end;
      return end.result();
    }
  });
  training.whole = true;
  if (process_ended) throw ProcessEnded(*process_ended);
  if (result.status == TrialStatus::cancelled && too_slow && !stopped()) {
    result.status = TrialStatus::timeout;
    result.cause = fmt::format("took longer than the {:.3g} s in which {:g} % of the finished trials of its size end",
                               *allowed, 100 * plan_.settings.limits.slower_than);
  }
  return result;
}

std::optional<double> TrialRunner::allowed_seconds(double cost) const {
  const std::lock_guard lock(mutex_);
  return pace_.limit(cost);
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

std::string TrialRunner::limit() const {
  const std::lock_guard lock(mutex_);
  return limits_.reached();
}

SearchProgress TrialRunner::progress() const {
  const std::lock_guard lock(mutex_);
  return meter_.progress();
}

}  // namespace evobrnn
