// SPDX-License-Identifier: Apache-2.0
#include "evolve/failure_policy.hpp"

#include <cmath>
#include <new>
#include <string>

#include "core/foreign_code.hpp"
#include "evolve/process_end.hpp"

namespace evobrnn {
namespace {

constexpr const char* kAttempts = "attempts";
constexpr const char* kGentler = "gentler";

}  // namespace

std::string failure_policy(const FailureSettings& settings, TrialStatus status) {
  switch (status) {
    case TrialStatus::diverged:
      return settings.diverged;
    case TrialStatus::nan_input:
      return settings.nan_input;
    case TrialStatus::timeout:
      return settings.timeout;
    case TrialStatus::out_of_memory:
      return settings.out_of_memory;
    case TrialStatus::crashed:
      return settings.crashed;
    case TrialStatus::lost:
      return settings.lost;
    case TrialStatus::invalid:
      return settings.invalid;
    case TrialStatus::ok:
    case TrialStatus::cancelled:
    case TrialStatus::failed:
      break;
  }
  return "penalise";
}

TrialResult outcome_of(const std::function<TrialResult()>& train) {
  TrialResult result;
  try {
    result = train();
  } catch (const StorageError&) {
    throw;  // not the candidate's fault
  } catch (const ProcessEnded& end) {
    return end.result();
  } catch (const SettingsError& error) {
    return ended_as(TrialStatus::invalid, error.what());
  } catch (const DataError& error) {
    return ended_as(TrialStatus::invalid, error.what());
  } catch (const std::bad_alloc&) {
    return ended_as(TrialStatus::out_of_memory, "an allocation failed");
  } catch (...) {
    return ended_as(TrialStatus::crashed, "exception: " + thrown_text());
  }
  if (result.status == TrialStatus::ok && !std::isfinite(result.score)) {
    result.status = TrialStatus::diverged;
    result.cause = "score is infinite or NaN";
  }
  if (result.status != TrialStatus::ok) result.score = 0;
  return result;
}

TrialResult train_with_policies(const FailureSettings& settings, Candidate candidate,
                                const std::function<TrialResult(const Candidate&)>& train) {
  int done = 0;
  std::int64_t retried = 0;
  double wall_seconds = 0, cpu_seconds = 0;
  for (;;) {
    auto result = train(candidate);
    ++done;
    wall_seconds += result.cost.wall_seconds;
    cpu_seconds += result.cost.cpu_seconds;
    const auto policy = failure_policy(settings, result.status);
    if (policy == "retry" && retried < settings.retries) {
      ++retried;
    } else if (policy == "gentler" && !candidate.gentler) {
      candidate.gentler = true;
    } else {
      set_attempts(result, done, candidate.gentler);
      // Of all attempts; the other costs are those of the training that is recorded.
      result.cost.wall_seconds = wall_seconds;
      result.cost.cpu_seconds = cpu_seconds;
      return result;
    }
  }
}

bool trained_gentler(const TrialResult& result) { return result.metrics.count(kGentler) > 0; }

int attempts(const TrialResult& result) {
  const auto found = result.metrics.find(kAttempts);
  return found == result.metrics.end() ? 1 : static_cast<int>(found->second);
}

void set_attempts(TrialResult& result, int attempts, bool gentler) {
  if (attempts > 1) result.metrics[kAttempts] = attempts;
  if (gentler) result.metrics[kGentler] = 1;
}

bool ends_the_same(const FailureSettings& before, const FailureSettings& after, const TrialResult& result) {
  const auto same_policy = [&](TrialStatus status) {
    const auto policy = failure_policy(before, status);
    return policy == failure_policy(after, status) && (policy != "retry" || before.retries == after.retries);
  };
  if (attempts(result) > 1) {
    // How the earlier attempts ended is not known: in any way that has one of these policies.
    for (const auto status :
         {TrialStatus::diverged, TrialStatus::nan_input, TrialStatus::timeout, TrialStatus::out_of_memory,
          TrialStatus::crashed, TrialStatus::lost, TrialStatus::invalid}) {
      const auto policy = failure_policy(before, status);
      if ((policy == "retry" || policy == "gentler") && !same_policy(status)) return false;
    }
  }
  return result.status == TrialStatus::ok || same_policy(result.status) ||
         (attempts(result) == 1 && failure_policy(after, result.status) == "penalise");
}

}  // namespace evobrnn
