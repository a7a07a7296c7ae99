// SPDX-License-Identifier: Apache-2.0
/// The genetic algorithm, a user-defined algorithm of pagmo2: tournament selection, simulated binary crossover (Deb &
/// Agrawal, 1995), bounded polynomial mutation (Deb & Goyal, 1996), elitism, and no candidate twice. pagmo2's own `sga`
/// evaluates on one thread, and the whole population again in every generation.
#pragma once

#include <pagmo/population.hpp>
#include <pagmo/rng.hpp>
#include <string>

#include "evolve/strategies/known_genomes.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {

class GeneticAlgorithm {
 public:
  GeneticAlgorithm() = default;
  GeneticAlgorithm(const GaSettings& settings, unsigned seed);

  /// One generation. The population's problem must be a PagmoProblem. The best `elites` individuals live on, all others
  /// are replaced by their children.
  pagmo::population evolve(pagmo::population population) const;
  std::string get_name() const { return "evobrnn genetic algorithm"; }

 private:
  GaSettings settings_;
  mutable pagmo::detail::random_engine_type random_;
  mutable KnownGenomes known_;  ///< all genomes so far
};

void run_ga(const StrategyContext& context);

}  // namespace evobrnn
