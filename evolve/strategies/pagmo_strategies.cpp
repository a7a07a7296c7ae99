// SPDX-License-Identifier: Apache-2.0
#include "evolve/strategies/pagmo_strategies.hpp"

#include <algorithm>
#include <limits>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/algorithms/de1220.hpp>
#include <pagmo/algorithms/gaco.hpp>
#include <pagmo/algorithms/pso_gen.hpp>
#include <pagmo/batch_evaluators/member_bfe.hpp>
#include <pagmo/bfe.hpp>

#include "evolve/strategies/pagmo_problem.hpp"

namespace evobrnn {
namespace {

constexpr unsigned kOneGeneration = 1;
constexpr bool kMemory = true;
constexpr double kNever =
    0;  // tolerance at which an algorithm would stop by itself; the number of generations is the user's

template <class Algorithm>
void evolve_with(const StrategyContext& context, Codec codec, Algorithm algorithm) {
  if constexpr (requires { algorithm.set_bfe(pagmo::bfe()); }) algorithm.set_bfe(pagmo::bfe(pagmo::member_bfe()));
  evolve_generations(context, codec,
                     [&algorithm](pagmo::population population) { return algorithm.evolve(std::move(population)); });
}

}  // namespace

void run_gaco(const StrategyContext& context) {
  const auto& s = context.settings;
  const auto kernel = s.gaco.kernel > 0 ? s.gaco.kernel : std::max<std::int64_t>(2, s.population / 2);
  constexpr double kOracle = 0, kAccuracy = 0.01, kFocus = 0;
  constexpr unsigned kMark = 7, kNoLimit = std::numeric_limits<unsigned>::max();
  // From its threshold generation on gaco would replace q by 0.01.
  evolve_with(context, Codec::mixed,
              pagmo::gaco(kOneGeneration, static_cast<unsigned>(kernel), s.gaco.q, kOracle, kAccuracy, kNoLimit, kMark,
                          kNoLimit, kNoLimit, kFocus, kMemory, pagmo_seed(context.seed)));
}

void run_pso_gen(const StrategyContext& context) {
  const auto& s = context.settings.pso_gen;
  constexpr unsigned kConstriction = 5, kRing = 2, kNeighbours = 4;
  evolve_with(context, Codec::relaxed,
              pagmo::pso_gen(kOneGeneration, s.inertia, s.cognitive, s.social, s.max_velocity, kConstriction, kRing,
                             kNeighbours, kMemory, pagmo_seed(context.seed)));
}

void run_cmaes(const StrategyContext& context) {
  constexpr double kAutomatic = -1;
  constexpr bool kForceBounds = true;
  evolve_with(
      context, Codec::relaxed,
      pagmo::cmaes(kOneGeneration, kAutomatic, kAutomatic, kAutomatic, kAutomatic, context.settings.cmaes.sigma0,
                   kNever, kNever, kMemory, kForceBounds, pagmo_seed(context.seed)));
}

void run_de1220(const StrategyContext& context) {
  const std::vector<unsigned> variants = {2, 3, 7, 10, 13, 14, 15, 16};  // pagmo2's default set
  evolve_with(context, Codec::relaxed,
              pagmo::de1220(kOneGeneration, variants, static_cast<unsigned>(context.settings.de1220.adaptation), kNever,
                            kNever, kMemory, pagmo_seed(context.seed)));
}

}  // namespace evobrnn
