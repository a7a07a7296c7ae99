// SPDX-License-Identifier: Apache-2.0
#include "evolve/pagmo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <pagmo/algorithms/gaco.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/algorithms/sade.hpp>
#include <pagmo/archipelago.hpp>
#include <pagmo/batch_evaluators/thread_bfe.hpp>
#include <pagmo/island.hpp>
#include <pagmo/population.hpp>
#include <pagmo/utils/multi_objective.hpp>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::fake_space;
using testing::ScratchFolder;

/// A sphere with an integer and a category, whose cost falls where its score rises.
TrialResult two_sided(const SearchSpace& space, const Candidate& candidate) {
  const Values genes(space, *candidate.genome);
  const double x = genes.number("x"), k = genes.number("k");
  return scored(-(x - 1) * (x - 1) - k, {{"cost", (x + 1) * (x + 1) + (genes.text("kind") == "b" ? 0 : 1)}});
}

SearchSpace mixed_space() {
  return SearchSpace(
      {categorical_gene("kind", {std::string("a"), std::string("b")}), real_gene("x", -2, 2), integer_gene("k", 0, 5)});
}

pagmo_problem two_goals() {
  PagmoOptions options;
  options.goals = {{"score", true}, {"cost", false}};
  options.workers = 2;
  const auto space = mixed_space();
  return {space, [space](const Candidate& c, const TrialHooks&) { return two_sided(space, c); }, options};
}

TEST(PagmoProblem, IsAMixedIntegerProblemWithBothGoals) {
  const pagmo::problem problem{two_goals()};
  EXPECT_EQ(problem.get_nobj(), 2U);
  EXPECT_EQ(problem.get_nix(), 2U);
  EXPECT_TRUE(problem.has_batch_fitness());
  EXPECT_EQ(problem.fitness({0.5, 3, 1}), (pagmo::vector_double{0.25 + 3, 2.25}));
}

TEST(PagmoProblem, Nsga2FindsTheFront) {
  const pagmo::problem problem{two_goals()};
  pagmo::population population{problem, 40, 7};
  population = pagmo::algorithm{pagmo::nsga2{60, 0.95, 10, 0.1, 50, 7}}.evolve(population);
  // On the front k is 0 and kind is b, and x lies between the two best, −1 and 1.
  int on_front = 0;
  for (const auto& x : population.get_x()) on_front += x[0] > -1.1 && x[0] < 1.1 && x[1] == 0 && x[2] == 1;
  EXPECT_GE(on_front, 36);
}

TEST(PagmoProblem, GacoFindsTheMinimumInBatches) {
  const auto space = mixed_space();
  const pagmo::problem problem{
      pagmo_problem{space, Objective([space](const Candidate& c, const TrialHooks&) { return two_sided(space, c); })}};
  pagmo::population population{problem, 40, 3};
  pagmo::gaco gaco{80, 20};
  gaco.set_seed(3);
  gaco.set_bfe(pagmo::bfe{});
  population = pagmo::algorithm{gaco}.evolve(population);
  EXPECT_LT(population.champion_f()[0], 0.05);
  EXPECT_EQ(population.champion_x()[1], 0);
}

TEST(PagmoProblem, EvolvesInAnArchipelago) {
  const auto space = SearchSpace({real_gene("x", -2, 2), real_gene("y", -2, 2)});
  const pagmo_problem problem{space, Function([](const Values& genes, std::uint64_t) {
                                return -genes.number("x") * genes.number("x") - genes.number("y") * genes.number("y");
                              })};
  pagmo::archipelago archipelago{4u, pagmo::algorithm{pagmo::sade{100}}, pagmo::problem{problem}, 20u, 11u};
  archipelago.evolve(2);
  archipelago.wait_check();
  for (const auto& champion : archipelago.get_champions_f()) EXPECT_LT(champion[0], 1e-3);
}

TEST(PagmoProblem, IsAPureFunctionForAnyNumberOfWorkersAndCopies) {
  const auto objective = [](const Candidate& candidate, const TrialHooks&) {
    return scored(static_cast<double>(candidate.seed % 1000));
  };
  PagmoOptions one, many;
  one.workers = 1;
  many.workers = 4;
  const pagmo_problem left(mixed_space(), objective, one), right(mixed_space(), objective, many), copy = right;
  const pagmo::vector_double xs{0.1, 1, 0, 0.2, 2, 1, -1.5, 5, 1, 0.1, 1, 0};
  const auto expected = left.batch_fitness(xs);
  EXPECT_EQ(right.batch_fitness(xs), expected);
  EXPECT_EQ(copy.batch_fitness(xs), expected);
  EXPECT_EQ(right.fitness({-1.5, 5, 1})[0], expected[2]);
  EXPECT_EQ(expected[0], expected[3]);
  EXPECT_NE(expected[0], expected[1]);
}

TEST(PagmoProblem, NeverThrowsAndIsAlwaysFinite) {
  PagmoOptions options;
  options.goals = {{"score", true}, {"missing", true}};
  std::atomic<int> calls{0};
  const pagmo_problem problem(
      mixed_space(),
      [&](const Candidate&, const TrialHooks&) -> TrialResult {
        switch (calls++) {
          case 0:
            throw std::runtime_error("no");
          case 1:
            throw 7;
          case 2:
            throw StorageError("disk");
          case 3:
            return scored(std::numeric_limits<double>::quiet_NaN());
          case 4:
            return ended_as(TrialStatus::diverged, "");
          default:
            return scored(3);
        }
      },
      options);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(problem.fitness({0, 0, 0}), (pagmo::vector_double{kPenalty, kPenalty}));
  EXPECT_EQ(problem.fitness({0, 0, 0}), (pagmo::vector_double{-3, kPenalty}));
}

TEST(PagmoProblem, RefusesWhatIsNoProblem) {
  PagmoOptions none;
  none.goals.clear();
  EXPECT_THROW(pagmo_problem(mixed_space(), Objective(testing::fake_trial), none), std::invalid_argument);
  EXPECT_THROW(pagmo_problem(mixed_space(), Objective()), std::invalid_argument);
  EXPECT_THROW(pagmo_problem(SearchSpace(), Objective(testing::fake_trial)), std::invalid_argument);
}

TEST(PagmoStrategy, AnAlgorithmOfTheUsersSearchesAsOurs) {
  const ScratchFolder scratch;
  const auto entry = pagmo_strategy(
      "sade", "Self-adaptive differential evolution.",
      [](const SearchSettings&, unsigned seed) {
        return pagmo::algorithm{pagmo::sade{1, 2, 1, 0, 0, true, seed}};
      },
      Codec::relaxed, 7);
  auto plan = testing::fake_plan("random");
  plan.settings.population = 10;
  plan.settings.generations = 12;
  struct Count final : Evaluation {
    std::vector<double> evaluate(const std::vector<Proposal>& proposals) override {
      std::vector<double> fitness;
      for (const auto& proposal : proposals) {
        const auto x = std::get<double>(proposal.genome[0]);
        fitness.push_back((x - 0.25) * (x - 0.25));
        best = std::min(best, fitness.back());
      }
      return fitness;
    }
    void end_generation() override { ++generations; }
    bool stopped() const override { return false; }
    double best = 1;
    int generations = 0;
  } evaluation;
  entry.run({plan.space, plan.settings, 5, {}, evaluation});
  EXPECT_EQ(evaluation.generations, 12);
  EXPECT_LT(evaluation.best, 0.01);
}

}  // namespace
}  // namespace evobrnn
