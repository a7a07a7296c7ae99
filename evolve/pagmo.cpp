// SPDX-License-Identifier: Apache-2.0
#include "evolve/pagmo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>

#include "evolve/failure_policy.hpp"
#include "evolve/strategies/pagmo_problem.hpp"

namespace evobrnn {
namespace {

/// What a goal's number is; kPenalty where the trial does not say.
double fitness_of(const TrialResult& result, const PagmoGoal& goal) {
  if (result.status != TrialStatus::ok) return kPenalty;
  double number = result.score;
  if (goal.metric != "score") {
    const auto found = result.metrics.find(goal.metric);
    if (found == result.metrics.end()) return kPenalty;
    number = found->second;
  }
  if (!std::isfinite(number)) return kPenalty;
  return std::clamp(goal.maximise ? -number : number, -kPenalty, kPenalty);
}

}  // namespace

struct pagmo_problem::Shared {
  Shared(SearchSpace genes, Objective function, PagmoOptions given)
      : space(std::move(genes)), objective(std::move(function)), options(std::move(given)) {
    if (space.size() == 0) throw std::invalid_argument("pagmo_problem: a search space needs at least one gene");
    if (options.goals.empty()) throw std::invalid_argument("pagmo_problem: needs at least one goal");
    if (!objective) throw std::invalid_argument("pagmo_problem: needs an objective");
  }

  TrialResult trial(const double* x) const {
    Candidate candidate;
    candidate.genome = space.decode({x, x + space.size()}, options.codec);
    candidate.key = {"search", space.text(*candidate.genome), 1, 0};
    candidate.seed = trial_seed(options.seed, candidate.key);
    return outcome_of([&] { return objective(candidate, TrialHooks{}); });
  }

  void fitness(const double* x, double* out) const {
    TrialResult result;
    try {
      result = trial(x);
    } catch (...) {
      result = ended_as(TrialStatus::crashed, "the disk gave way");  // all that outcome_of() lets through
    }
    for (const auto& goal : options.goals) *out++ = fitness_of(result, goal);
  }

  /// Made with the first batch: a problem whose batches nobody asks for needs no threads.
  Executor& executor() const {
    const std::lock_guard lock(mutex);
    if (!workers) {
      workers = std::make_unique<Executor>(worker_count(options.workers), options.on_thread_start);
    }
    return *workers;
  }

  const SearchSpace space;
  const Objective objective;
  const PagmoOptions options;
  mutable std::mutex mutex;
  mutable std::unique_ptr<Executor> workers;
};

pagmo_problem::pagmo_problem()
    : pagmo_problem(SearchSpace({real_gene("x", 0, 1)}),
                    Objective([](const Candidate&, const TrialHooks&) { return scored(0); })) {}

pagmo_problem::pagmo_problem(SearchSpace space, Objective objective, PagmoOptions options)
    : shared_(std::make_shared<const Shared>(std::move(space), std::move(objective), std::move(options))) {}

pagmo_problem::pagmo_problem(SearchSpace space, Function function, PagmoOptions options)
    : pagmo_problem(space, maximising(space, std::move(function)).objective, std::move(options)) {}

pagmo::vector_double pagmo_problem::fitness(const pagmo::vector_double& x) const {
  pagmo::vector_double fitness(get_nobj());
  shared_->fitness(x.data(), fitness.data());
  return fitness;
}

pagmo::vector_double pagmo_problem::batch_fitness(const pagmo::vector_double& xs) const {
  const auto size = shared_->space.size(), count = xs.size() / size, goals = get_nobj();
  pagmo::vector_double fitness(count * goals);
  std::vector<Executor::Task> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* x = xs.data() + i * size;
    auto* out = fitness.data() + i * goals;
    tasks.push_back({1, [this, x, out](int) { shared_->fitness(x, out); }});
  }
  shared_->executor().run(std::move(tasks));
  return fitness;
}

std::pair<pagmo::vector_double, pagmo::vector_double> pagmo_problem::get_bounds() const {
  return shared_->space.bounds(shared_->options.codec);
}

pagmo::vector_double::size_type pagmo_problem::get_nobj() const { return shared_->options.goals.size(); }

pagmo::vector_double::size_type pagmo_problem::get_nix() const {
  return shared_->space.integer_tail(shared_->options.codec);
}

std::string pagmo_problem::get_name() const { return "evobrnn trials"; }

std::string pagmo_problem::get_extra_info() const {
  std::string text;
  for (const auto& gene : shared_->space.genes()) text += "\t" + gene_toml(gene);
  for (const auto& goal : shared_->options.goals)
    text += fmt::format("\t{} {}\n", goal.maximise ? "maximises" : "minimises", goal.metric);
  return text;
}

pagmo::thread_safety pagmo_problem::get_thread_safety() const { return pagmo::thread_safety::constant; }

Genome pagmo_problem::genome(const pagmo::vector_double& x) const {
  return shared_->space.decode(x, shared_->options.codec);
}

pagmo::vector_double pagmo_problem::vector(const Genome& genome) const {
  return shared_->space.encode(shared_->space.canonical(genome), shared_->options.codec);
}

TrialResult pagmo_problem::trial(const pagmo::vector_double& x) const { return shared_->trial(x.data()); }

StrategyEntry pagmo_strategy(std::string name, std::string doc,
                             std::function<pagmo::algorithm(const SearchSettings&, unsigned)> make, Codec codec,
                             std::int64_t smallest_population) {
  StrategyEntry entry;
  entry.name = std::move(name);
  entry.doc = std::move(doc);
  entry.native_integers = codec == Codec::mixed;
  entry.smallest_population = smallest_population;
  entry.run = [make = std::move(make), codec](const StrategyContext& context) {
    const auto algorithm = make(context.settings, pagmo_seed(context.seed));
    evolve_generations(context, codec,
                       [&algorithm](pagmo::population population) { return algorithm.evolve(population); });
  };
  return entry;
}

}  // namespace evobrnn
