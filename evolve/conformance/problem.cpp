// SPDX-License-Identifier: Apache-2.0
#include "evolve/conformance/problem.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace evobrnn::conformance {
namespace {

TrialResult diverged() {
  auto result = ended_as(TrialStatus::diverged, "loss is inf at step 3");
  result.metrics["loss"] = std::numeric_limits<double>::infinity();
  return result;
}

bool stopped(const TrialHooks& hooks) { return hooks.should_stop && hooks.should_stop(); }

/// So that each repeat of a genome has a score of its own.
double luck(const Candidate& candidate) { return static_cast<double>(candidate.seed % 1000) * 1e-6; }

}  // namespace

SearchSpace mixed_space() {
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

Genome mixed_genome(double x, std::int64_t k, const std::string& activation) { return {x, k, activation}; }

TrialResult mixed_trial(const Candidate& candidate, const TrialHooks& hooks) {
  TrialResult result;
  const auto genome = candidate.genome.value_or(mixed_genome(0));
  const auto x = std::get<double>(genome[0]);
  const auto k = std::get<std::int64_t>(genome[1]);
  const bool cancelled = stopped(hooks);
  result.status = cancelled ? TrialStatus::cancelled : TrialStatus::ok;
  result.score = 1 - (x - 0.25) * (x - 0.25) - 0.1 * static_cast<double>((k - 3) * (k - 3));
  if (std::get<std::string>(genome[2]) == "tanh") result.score += 0.2;
  result.score += luck(candidate);
  result.metrics = {{"x", x}, {"seed", static_cast<double>(candidate.seed)}};
  result.curve = {{k, 10 * k, result.score, -result.score, x}};
  result.cost.steps = k;
  result.cost.flops = x * 1e9;
  if (cancelled) return result;
  if (k == 5) throw std::runtime_error("k is 5");
  if (x < -0.9) throw 7;
  if (x < -0.8) return ended_as(TrialStatus::timeout, "over 1 s");
  if (x > 0.9) result.score = std::numeric_limits<double>::quiet_NaN();
  if (x <= 0.8 || x > 0.9) return result;
  return diverged();
}

SearchSpace conditional_space() {
  Gene kind;
  kind.path = "kind";
  kind.kind = GeneKind::categorical;
  kind.values = {std::string("flat"), std::string("deep")};
  Gene depth;
  depth.path = "depth";
  depth.kind = GeneKind::integer;
  depth.low = 2;
  depth.high = 9;
  depth.conditions = {{"kind", {std::string("deep")}}};
  Gene rate;
  rate.path = "rate";
  rate.low = 1e-4;
  rate.high = 1;
  rate.scale = GeneScale::log;
  return SearchSpace({kind, depth, rate});
}

TrialResult conditional_trial(const Candidate& candidate, const TrialHooks& hooks) {
  if (stopped(hooks)) return ended_as(TrialStatus::cancelled, "");
  const auto genome = candidate.genome.value_or(Genome{std::string("flat"), std::int64_t{2}, 1.0});
  const bool deep = std::get<std::string>(genome[0]) == "deep";
  const auto away = std::log10(std::get<double>(genome[2])) + 2;  // best at 0.01
  TrialResult result;
  result.status = TrialStatus::ok;
  result.score =
      -away * away + (deep ? 1 - 0.1 * std::abs(static_cast<double>(std::get<std::int64_t>(genome[1]) - 6)) : 0);
  result.score += luck(candidate);
  return away > 1.8 ? diverged() : result;
}

std::vector<Problem> problems() {
  Problem mixed{"mixed", mixed_space(), mixed_trial, {}};
  for (const double x : {0.5, -0.95, -0.85, 0.85, 0.95, 0.0, 0.5, 0.2}) mixed.first.push_back(mixed_genome(x));
  mixed.first.push_back(mixed_genome(0.1, 5));
  Problem conditional{"conditional", conditional_space(), conditional_trial, {}};
  for (const double rate : {0.9, 0.001, 0.02, 0.3, 0.005}) {
    conditional.first.push_back({std::string("flat"), std::int64_t{2}, rate});
    conditional.first.push_back({std::string("deep"), std::int64_t{4}, rate});
  }
  return {mixed, conditional};
}

SearchOutcome run_whole(const SearchPlan& plan, Ledger& ledger, int workers) {
  Executor executor(workers);
  SearchObserver observer;
  const std::atomic<bool> stop{false};
  return run_search(plan, ledger, executor, observer, stop);
}

SearchOutcome run_interrupted(SearchPlan plan, Ledger& ledger, int workers, std::int64_t trials) {
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> started{0};
  plan.objective = [&, inner = plan.objective](const Candidate& candidate, const TrialHooks& hooks) {
    if (++started > trials) stop = true;
    return inner(candidate, hooks);
  };
  Executor executor(workers);
  SearchObserver observer;
  return run_search(plan, ledger, executor, observer, stop);
}

SearchPlan plan_of(const Problem& problem, const std::string& strategy) {
  SearchPlan plan;
  plan.space = problem.space;
  plan.settings.strategy = strategy;
  plan.settings.population = 8;
  plan.settings.generations = 4;
  plan.settings.final_seeds = 2;
  plan.settings.seed = 11;
  plan.objective = problem.objective;
  if (planned_generations(plan.space, plan.settings, 0) == 0) plan.first = problem.first;
  return plan;
}

}  // namespace evobrnn::conformance
