// SPDX-License-Identifier: Apache-2.0
#include "evolve/strategies/ga.hpp"

#include <algorithm>
#include <numeric>
#include <pagmo/algorithm.hpp>
#include <pagmo/problem.hpp>
#include <pagmo/utils/genetic_operators.hpp>
#include <random>
#include <stdexcept>

#include "evolve/strategies/pagmo_problem.hpp"

namespace evobrnn {
namespace {

using pagmo::vector_double;
using Random = pagmo::detail::random_engine_type;

/// Attempts to make a child that is new, the first half by mutation, the rest anywhere in the space.
constexpr int kAttempts = 60;

/// Breeds the children of one generation.
class Breeder {
 public:
  Breeder(const GaSettings& settings, const pagmo::population& population, const PagmoProblem& problem, Random& random,
          KnownGenomes& known)
      : settings_(settings),
        population_(population),
        problem_(problem),
        bounds_(problem.get_bounds()),
        random_(random),
        known_(known) {}

  std::vector<Proposal> children(std::size_t count) {
    std::vector<Proposal> children;
    while (children.size() < count) {
      const auto mother = select(), father = select();
      const auto [first, second] =
          pagmo::sbx_crossover(mother, father, bounds_, problem_.get_nix(), settings_.crossover_probability,
                               settings_.crossover_eta, random_);
      for (const auto& child : {first, second}) {
        if (children.size() < count) children.push_back({fresh(child), {decode(mother), decode(father)}});
      }
    }
    return children;
  }

 private:
  /// The best of a few random individuals.
  const vector_double& select() {
    std::uniform_int_distribution<std::size_t> any(0, population_.size() - 1);
    auto best = any(random_);
    for (std::int64_t round = 1; round < settings_.tournament; ++round) {
      const auto other = any(random_);
      if (population_.get_f()[other][0] < population_.get_f()[best][0]) best = other;
    }
    return population_.get_x()[best];
  }

  /// A mutated child that no one was before; where the space has no such child left, one that was.
  Genome fresh(const vector_double& child) {
    Genome genome;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto x = child;
      if (attempt < kAttempts / 2) mutate(x, attempt > 0);
      else x = anywhere();
      genome = decode(x);
      if (known_.insert(problem_.space->text(genome))) break;
    }
    return genome;
  }

  void mutate(vector_double& x, bool at_least_one) {
    const auto least = at_least_one ? 1 / static_cast<double>(x.size()) : 0.0;
    pagmo::polynomial_mutation(x, bounds_, problem_.get_nix(), std::max(settings_.mutation_probability, least),
                               settings_.mutation_eta, random_);
  }

  vector_double anywhere() {
    vector_double x = bounds_.first;
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] += std::uniform_real_distribution<>(0, 1)(random_) * (bounds_.second[i] - bounds_.first[i]);
    return x;
  }

  Genome decode(const vector_double& x) const { return problem_.space->decode(x, problem_.codec); }

  const GaSettings& settings_;
  const pagmo::population& population_;
  const PagmoProblem& problem_;
  const std::pair<vector_double, vector_double> bounds_;
  Random& random_;
  KnownGenomes& known_;
};

}  // namespace

GeneticAlgorithm::GeneticAlgorithm(const GaSettings& settings, unsigned seed) : settings_(settings), random_(seed) {}

pagmo::population GeneticAlgorithm::evolve(pagmo::population population) const {
  const auto* problem = population.get_problem().extract<PagmoProblem>();
  if (!problem) throw std::invalid_argument("the genetic algorithm evolves evobrnn's own problem only");
  const auto elites = std::min(population.size(), static_cast<std::size_t>(settings_.elites));
  for (const auto& x : population.get_x())
    known_.insert(problem->space->text(problem->space->decode(x, problem->codec)));

  const auto children = Breeder(settings_, population, *problem, random_, known_).children(population.size() - elites);
  const auto fitness = problem->evaluation->evaluate(children);

  std::vector<std::size_t> order(population.size());  // best first, ties to the older
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return population.get_f()[a][0] < population.get_f()[b][0]; });
  for (std::size_t i = 0; i < children.size(); ++i) {
    population.set_xf(order[elites + i], problem->space->encode(children[i].genome, problem->codec), {fitness[i]});
  }
  return population;
}

void run_ga(const StrategyContext& context) {
  const pagmo::algorithm algorithm(GeneticAlgorithm(context.settings.ga, pagmo_seed(context.seed)));
  evolve_generations(context, Codec::ordered,
                     [&algorithm](pagmo::population population) { return algorithm.evolve(population); });
}

}  // namespace evobrnn
