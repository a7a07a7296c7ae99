// SPDX-License-Identifier: Apache-2.0
/// The bridge between pagmo2's algorithms and an Evaluation.
#pragma once

#include <functional>
#include <pagmo/population.hpp>
#include <pagmo/types.hpp>
#include <string>
#include <utility>

#include "evolve/strategies/strategy.hpp"

namespace evobrnn {

/// A user-defined problem whose fitness trains candidates. A cheap value: what it points to outlives the search. It
/// never throws and always returns finite numbers, as pagmo2 needs.
struct PagmoProblem {
  const SearchSpace* space = nullptr;
  Evaluation* evaluation = nullptr;
  Codec codec = Codec::mixed;

  pagmo::vector_double fitness(const pagmo::vector_double& x) const { return batch_fitness(x); }
  pagmo::vector_double batch_fitness(const pagmo::vector_double& xs) const;
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const { return space->bounds(codec); }
  pagmo::vector_double::size_type get_nix() const { return space->integer_tail(codec); }
  std::string get_name() const { return "evobrnn candidates"; }
};

/// pagmo2's seeds have 32 bits.
unsigned pagmo_seed(std::uint64_t seed);

/// Generation 0 (context.first, then random genomes), then generation after generation by `evolve`, until the settings'
/// number of generations or until the search is stopped. Individuals are kept as they were trained: encode(decode(x)).
void evolve_generations(const StrategyContext& context, Codec codec,
                        const std::function<pagmo::population(pagmo::population)>& evolve);

}  // namespace evobrnn
