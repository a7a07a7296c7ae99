// SPDX-License-Identifier: Apache-2.0
/// What the tests of the search share: a scratch folder, a small space, and an analytic objective in place of training.
#pragma once

#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "evolve/search.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::testing {

using testing_support::ScratchFolder;

/// One gene of each kind.
inline SearchSpace fake_space() {
  Gene x;
  x.path = "model.gain";
  x.low = -1;
  Gene k;
  k.path = "model.n";
  k.kind = GeneKind::integer;
  k.low = 1;
  k.high = 5;
  Gene activation;
  activation.path = "model.activation";
  activation.kind = GeneKind::categorical;
  activation.values = {std::string("sigmoid"), std::string("tanh")};
  return SearchSpace({x, k, activation});
}

inline Genome fake_genome(double x, std::int64_t k = 3, const std::string& activation = "tanh") {
  return {x, k, activation};
}

inline TrialResult ended(TrialStatus status, const std::string& cause = "", double score = 0) {
  TrialResult result;
  result.status = status;
  result.cause = cause;
  result.score = score;
  return result;
}

/// Best at x = 0.25, k = 3, tanh. Beyond |x| = 0.8 and at k = 5 trials go wrong, each in its own way.
inline TrialResult fake_trial(const Candidate& candidate, const TrialHooks& hooks) {
  TrialResult result;
  const auto stopped = hooks.should_stop && hooks.should_stop();
  const auto genome = candidate.genome.value_or(fake_genome(0));
  const auto x = std::get<double>(genome[0]);
  const auto k = std::get<std::int64_t>(genome[1]);
  result.status = stopped ? TrialStatus::cancelled : TrialStatus::ok;
  result.score = 1 - (x - 0.25) * (x - 0.25) - 0.1 * static_cast<double>((k - 3) * (k - 3));
  if (std::get<std::string>(genome[2]) == "tanh") result.score += 0.2;
  result.score += static_cast<double>(candidate.seed % 1000) * 1e-6;
  result.metrics = {{"x", x}, {"seed", static_cast<double>(candidate.seed)}};
  result.curve = {{k, 10 * k, result.score, -result.score, x}};
  result.cost.steps = k;
  result.cost.flops = x * 1e9;
  if (stopped) return result;
  if (k == 5) throw std::runtime_error("k is 5");
  if (x < -0.9) throw 7;
  if (x < -0.8) return ended(TrialStatus::timeout, "over 1 s");
  if (x > 0.9) result.score = std::numeric_limits<double>::quiet_NaN();
  if (x <= 0.8 || x > 0.9) return result;
  result = ended(TrialStatus::diverged, "loss is inf at step 3");
  result.metrics["loss"] = std::numeric_limits<double>::infinity();
  return result;
}

inline SearchPlan fake_plan(const std::string& strategy) {
  SearchPlan plan;
  plan.space = fake_space();
  plan.settings.strategy = strategy;
  plan.settings.population = 8;
  plan.settings.generations = 4;
  plan.settings.final_seeds = 2;
  plan.settings.seed = 11;
  plan.objective = fake_trial;
  if (strategy == "list") {
    for (const double x : {0.5, -0.95, -0.85, 0.85, 0.95, 0.0, 0.5, 0.2}) plan.first.push_back(fake_genome(x));
    plan.first.push_back(fake_genome(0.1, 5));
  }
  return plan;
}

/// Runs the plan on a fresh executor; never stopped.
inline SearchOutcome run_fake(const SearchPlan& plan, Ledger& ledger, int workers = 2) {
  Executor executor(workers);
  SearchObserver observer;
  const std::atomic<bool> stop{false};
  return run_search(plan, ledger, executor, observer, stop);
}

}  // namespace evobrnn::testing
