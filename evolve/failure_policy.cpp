// SPDX-License-Identifier: Apache-2.0
#include "evolve/failure_policy.hpp"

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
      if (done > 1) result.metrics[kAttempts] = done;
      if (candidate.gentler) result.metrics[kGentler] = 1;
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

}  // namespace evobrnn
