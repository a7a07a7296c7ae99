// SPDX-License-Identifier: Apache-2.0
/// What the tests of the search share: a scratch folder, a small space, and an analytic objective in place of training.
#pragma once

#include <atomic>
#include <string>

#include "evolve/conformance/problem.hpp"
#include "evolve/search.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::testing {

using testing_support::ScratchFolder;

inline SearchSpace fake_space() { return conformance::mixed_space(); }

inline Genome fake_genome(double x, std::int64_t k = 3, const std::string& activation = "tanh") {
  return conformance::mixed_genome(x, k, activation);
}

inline TrialResult ended(TrialStatus status, const std::string& cause = "", double score = 0) {
  auto result = ended_as(status, cause);
  result.score = score;
  return result;
}

inline TrialResult fake_trial(const Candidate& candidate, const TrialHooks& hooks) {
  return conformance::mixed_trial(candidate, hooks);
}

inline SearchPlan fake_plan(const std::string& strategy) {
  return conformance::plan_of(conformance::problems().front(), strategy);
}

/// Runs the plan on a fresh executor; never stopped.
inline SearchOutcome run_fake(const SearchPlan& plan, Ledger& ledger, int workers = 2) {
  return conformance::run_whole(plan, ledger, workers);
}

}  // namespace evobrnn::testing
