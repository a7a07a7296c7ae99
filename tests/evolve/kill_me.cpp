// SPDX-License-Identifier: Apache-2.0
/// A user's program: `kill_me FOLDER KILL_AT` evolves an analytic objective for 10,000 trials and, as a power cut
/// would, kills itself with SIGKILL in the middle of its KILL_ATth evaluation (0: never).
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <string>

#include "evolve/evolution.hpp"

int main(int, char** argv) {
  using namespace evobrnn;
  const std::int64_t kill_at = std::stoll(argv[2]);
  std::atomic<std::int64_t> calls{0};
  const SearchSpace space({real_gene("x", -5, 5), real_gene("y", 0.01, 100, GeneScale::log), integer_gene("k", 0, 9)});
  auto plan = minimising(space, [&](const Values& genes, std::uint64_t seed) {
    if (++calls == kill_at) std::raise(SIGKILL);
    const double x = genes.number("x"), y = std::log(genes.number("y"));
    if (genes.integer("k") == 9) throw std::runtime_error("k is 9");
    return x * x + y * y + static_cast<double>(genes.integer("k")) + 1e-6 * static_cast<double>(seed % 1000);
  });
  plan.settings.population = 100;
  plan.settings.generations = 100;
  plan.settings.workers = 2;
  plan.settings.final_seeds = 5;
  return evolve(plan, argv[1]).complete ? 0 : 1;
}
