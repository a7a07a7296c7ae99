// SPDX-License-Identifier: Apache-2.0
#include "evolve/prediction.hpp"

#include <fmt/format.h>

#include <cmath>

#include "evolve/failure_policy.hpp"

namespace evobrnn {
namespace {

/// What `predict` gives, or `otherwise` with the refusal of what it threw. The first refusal stands.
template <class T, class Predict>
T predicted(const std::string& what, T otherwise, std::optional<TrialResult>& refusal, Predict predict) {
  auto value = otherwise;
  auto outcome = outcome_of([&] {
    value = predict();
    return scored(0);
  });
  if (outcome.status == TrialStatus::ok) return value;
  outcome.cause = what + " could not be predicted: " + outcome.cause;
  if (!refusal) refusal = std::move(outcome);
  return otherwise;
}

void refuse(std::optional<TrialResult>& refusal, const std::string& cause) {
  if (!refusal) refusal = ended_as(TrialStatus::invalid, cause);
}

}  // namespace

double expected_cost(const SearchPlan& plan, const Candidate& candidate, std::optional<TrialResult>& refusal) {
  if (!plan.cost) return 1;
  const auto cost = predicted("its cost", 0.0, refusal, [&] { return plan.cost(candidate); });
  if (std::isfinite(cost) && cost >= 0) return cost;
  refuse(refusal, fmt::format("its predicted cost is {}, which must be a number from 0 on", cost));
  return 0;
}

double expected_cost(const SearchPlan& plan, const Candidate& candidate) {
  std::optional<TrialResult> ignored;
  return expected_cost(plan, candidate, ignored);
}

std::int64_t expected_bytes(const SearchPlan& plan, const Candidate& candidate, std::optional<TrialResult>& refusal) {
  if (!plan.bytes) return 0;
  const auto bytes = predicted("its memory", std::int64_t{0}, refusal, [&] { return plan.bytes(candidate); });
  if (bytes >= 0) return bytes;
  refuse(refusal, fmt::format("its predicted memory is {} bytes, which must be from 0 on", bytes));
  return 0;
}

std::string content_key(const SearchPlan& plan, const Candidate& candidate, std::optional<TrialResult>& refusal) {
  if (!plan.content) return "";
  return predicted("its content key", std::string(), refusal, [&] { return plan.content(candidate); });
}

}  // namespace evobrnn
