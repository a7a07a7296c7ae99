// SPDX-License-Identifier: Apache-2.0
/// Analytic problems in place of trainings: milliseconds a search, and every way in which a trial can go wrong.
#pragma once

#include <string>
#include <vector>

#include "evolve/search.hpp"

namespace evobrnn::conformance {

/// One gene of each kind: x in [−1, 1], k in 1 … 5, φ of two.
SearchSpace mixed_space();
Genome mixed_genome(double x, std::int64_t k = 3, const std::string& activation = "tanh");
/// Best at x = 0.25, k = 3, tanh. Beyond |x| = 0.8 and at k = 5 trials go wrong, each in its own way.
TrialResult mixed_trial(const Candidate& candidate, const TrialHooks& hooks);

/// A choice that decides whether an integer gene applies, and a gene on a logarithmic scale.
SearchSpace conditional_space();
TrialResult conditional_trial(const Candidate& candidate, const TrialHooks& hooks);

struct Problem {
  std::string name;
  SearchSpace space;
  Objective objective;
  std::vector<Genome> first;  ///< for strategies that propose nothing of their own
};
std::vector<Problem> problems();

/// Runs the plan on a fresh executor; never stopped.
SearchOutcome run_whole(const SearchPlan& plan, Ledger& ledger, int workers);
/// Runs the plan until `trials` have started, then stops it as a user would.
SearchOutcome run_interrupted(SearchPlan plan, Ledger& ledger, int workers, std::int64_t trials);

/// A small search of the problem. First individuals are given where the strategy has no generation without.
SearchPlan plan_of(const Problem& problem, const std::string& strategy);

}  // namespace evobrnn::conformance
