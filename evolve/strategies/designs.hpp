// SPDX-License-Identifier: Apache-2.0
/// Strategies that do not look at results: random, restarts, Sobol, grid, and the user's own list.
#pragma once

#include <random>
#include <string>

#include "evolve/strategies/known_genomes.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {

/// Random genomes, uniform in each gene's scale; none twice, as long as the space has others.
class RandomDesign {
 public:
  RandomDesign(const SearchSpace& space, std::uint64_t seed, const std::vector<Genome>& known = {});
  Genome next();

 private:
  const SearchSpace& space_;
  std::mt19937_64 random_;
  KnownGenomes known_;
};

/// Every combination of `points` values a gene, evenly spaced in its scale, ends included; the last gene varies
/// fastest.
std::vector<Genome> grid_genomes(const SearchSpace& space, std::int64_t points);

/// Upper bound of the size of that grid, which may be too large to be made.
double grid_size(const std::vector<Gene>& genes, std::int64_t points);

void run_random(const StrategyContext& context);
void run_restarts(const StrategyContext& context);
void run_sobol(const StrategyContext& context);
void run_grid(const StrategyContext& context);
void run_list(const StrategyContext& context);

}  // namespace evobrnn
