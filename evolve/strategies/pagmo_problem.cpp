// SPDX-License-Identifier: Apache-2.0
#include "evolve/strategies/pagmo_problem.hpp"

#include <algorithm>
#include <numeric>
#include <pagmo/problem.hpp>

#include "evolve/strategies/designs.hpp"

namespace evobrnn {
namespace {

/// Indices of the `count` best, in their order of proposal.
std::vector<std::size_t> best_indices(const std::vector<double>& fitness, std::size_t count) {
  std::vector<std::size_t> indices(fitness.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  std::stable_sort(indices.begin(), indices.end(),
                   [&](std::size_t a, std::size_t b) { return fitness[a] < fitness[b]; });
  indices.resize(std::min(count, indices.size()));
  std::sort(indices.begin(), indices.end());
  return indices;
}

}  // namespace

pagmo::vector_double PagmoProblem::batch_fitness(const pagmo::vector_double& xs) const {
  std::vector<Proposal> proposals;
  const auto size = static_cast<std::ptrdiff_t>(space->size());
  for (auto x = xs.begin(); x != xs.end(); x += size) proposals.push_back({space->decode({x, x + size}, codec), {}});
  return evaluation->evaluate(proposals);
}

unsigned pagmo_seed(std::uint64_t seed) { return static_cast<unsigned>(seed ^ (seed >> 32)); }

void evolve_generations(const StrategyContext& context, Codec codec,
                        const std::function<pagmo::population(pagmo::population)>& evolve) {
  const auto size = static_cast<std::size_t>(context.settings.population);
  auto genomes = context.first;
  RandomDesign random(context.space, context.seed, genomes);
  while (genomes.size() < size) genomes.push_back(random.next());

  std::vector<Proposal> proposals;
  for (const auto& genome : genomes) proposals.push_back({genome, {}});
  const auto fitness = context.evaluation.evaluate(proposals);
  pagmo::population population(pagmo::problem(PagmoProblem{&context.space, &context.evaluation, codec}), 0u,
                               pagmo_seed(context.seed));
  for (const auto i : best_indices(fitness, size)) {
    population.push_back(context.space.encode(context.space.canonical(genomes[i]), codec), {fitness[i]});
  }
  context.evaluation.end_generation();
  for (std::int64_t generation = 1; generation < context.settings.generations && !context.evaluation.stopped();
       ++generation) {
    population = evolve(std::move(population));
    context.evaluation.end_generation();
  }
}

}  // namespace evobrnn
