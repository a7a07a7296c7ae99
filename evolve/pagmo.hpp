// SPDX-License-Identifier: Apache-2.0
/// pagmo2 both ways: our trials as a user-defined problem for any algorithm, island or archipelago of pagmo2, and any
/// algorithm of pagmo2 as a strategy of ours. The one public header that needs pagmo2.
///
///     pagmo::problem problem{evobrnn::pagmo_problem{space, objective}};
///     pagmo::population population{problem, 32, 7};
///     pagmo::algorithm{pagmo::gaco{20}}.evolve(population);
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <pagmo/algorithm.hpp>
#include <pagmo/problem.hpp>
#include <pagmo/threading.hpp>
#include <pagmo/types.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evolve/evolution.hpp"
#include "evolve/search.hpp"
#include "evolve/strategies/strategy.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// One of the numbers that pagmo2 minimises.
struct PagmoGoal {
  std::string metric = "score";  ///< "score", or the name of a metric of the trial's result
  bool maximise = true;          ///< pagmo2 is then given its negative
};

/// How a pagmo_problem evaluates.
struct PagmoOptions {
  std::vector<PagmoGoal> goals = {PagmoGoal{}};  ///< several: a multi-objective problem, in this order
  std::uint64_t seed = 1;                        ///< a trial's seed derives from it and the genome alone
  Codec codec = Codec::mixed;  ///< integers and categories as pagmo2's integer tail; relaxed for algorithms without
  int workers = 0;             ///< of batch_fitness(); 0: one a physical core
  std::function<void()> on_thread_start = {};  ///< runs on each worker thread before its first trial
};

/// A user-defined problem of pagmo2 whose fitness is a trial: mixed integer, one or more goals, batches in parallel.
///
/// A pure function of the decision vector, whatever thread or copy asks. It never throws for what a trial does and
/// never returns what is not finite: a trial that failed, or that lacks a metric, has kPenalty in every goal. Copies
/// are cheap and share the objective, which has to stand being called from several threads.
class pagmo_problem {
 public:
  /// The problem of one gene in [0, 1] whose score is 0: pagmo2 needs a default.
  pagmo_problem();
  /// Throws std::invalid_argument without goals or for an empty space.
  pagmo_problem(SearchSpace space, Objective objective, PagmoOptions options = {});
  /// The same for a function that is maximised.
  pagmo_problem(SearchSpace space, Function function, PagmoOptions options = {});

  /// [goals], to be minimised.
  pagmo::vector_double fitness(const pagmo::vector_double& x) const;
  /// Decision vectors one after the other, as pagmo2 lays them out; so are the answers. Runs on the problem's workers.
  pagmo::vector_double batch_fitness(const pagmo::vector_double& xs) const;
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const;  ///< of each variable
  pagmo::vector_double::size_type get_nobj() const;                          ///< number of goals
  pagmo::vector_double::size_type get_nix() const;                           ///< length of the integer tail
  std::string get_name() const;                                              ///< for pagmo2's own reports
  std::string get_extra_info() const;                                        ///< genes and goals
  /// pagmo::thread_safety::constant: one object may be used by many threads.
  pagmo::thread_safety get_thread_safety() const;

  /// The genome of a decision vector; any finite one gives a valid genome.
  Genome genome(const pagmo::vector_double& x) const;
  /// The decision vector of a genome.
  pagmo::vector_double vector(const Genome& genome) const;
  /// The trial behind a fitness, run again: the same result.
  TrialResult trial(const pagmo::vector_double& x) const;

 private:
  struct Shared;
  std::shared_ptr<const Shared> shared_;
};

/// Makes an algorithm of pagmo2 a strategy of ours, to be registered by add_strategy() or used by name.
///
/// `make` gives the algorithm, which is evolved one generation at a time and so has to keep what it learns between
/// calls (its `memory` argument, where it has one), from the settings of the search and a seed. A generation's batch
/// goes to the workers where the algorithm evaluates batches: give it `pagmo::bfe{pagmo::member_bfe{}}`.
StrategyEntry pagmo_strategy(std::string name, std::string doc,
                             std::function<pagmo::algorithm(const SearchSettings& settings, unsigned seed)> make,
                             Codec codec = Codec::relaxed, std::int64_t smallest_population = 5);

}  // namespace evobrnn
