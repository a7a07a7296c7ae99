// SPDX-License-Identifier: Apache-2.0
/// Evolves a function of our own. Stop it with Ctrl-C or kill -9 and start it again: it goes on.
#include <cstdio>
#include <evobrnn/evolve/evolution.hpp>

using namespace evobrnn;

/// Rosenbrock's valley, on two real genes, with a penalty for the wrong kind.
double valley(const Values& genes, std::uint64_t /*seed: for objectives that draw at random*/) {
  const double x = genes.number("x"), y = genes.number("y");
  const double height = 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
  return genes.text("kind") == "right" ? height : height + 10;
}

int main(int argc, char** argv) {
  auto plan = minimising(SearchSpace({real_gene("x", -2, 2), real_gene("y", -1, 3),
                                      categorical_gene("kind", {std::string("wrong"), std::string("right")})}),
                         valley);
  plan.settings.population = 40;
  plan.settings.generations = 60;
  const auto outcome = evolve(plan, argc > 1 ? argv[1] : "runs/valley");
  std::printf("%ld trials, %ld failed, complete: %s\n", static_cast<long>(outcome.progress.total_done),
              static_cast<long>(outcome.progress.total_failed), outcome.complete ? "yes" : "no");
  std::printf("best kind: %s\n",
              Values(plan.space, plan.space.parse(outcome.champion->key.genome)).text("kind").c_str());
  std::printf("below 0.01: %s\n", -outcome.champion->result.score < 0.01 ? "yes" : "no");
}
