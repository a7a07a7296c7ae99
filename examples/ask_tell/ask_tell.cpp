// SPDX-License-Identifier: Apache-2.0
/// The loop is ours: we ask for candidates, evaluate them as we like, and tell what came of them.
#include <cstdio>
#include <evobrnn/evolve/ask_tell.hpp>
#include <evobrnn/evolve/evolution.hpp>
#include <vector>

using namespace evobrnn;

int main(int argc, char** argv) {
  SearchPlan plan;
  plan.space = SearchSpace({integer_gene("cores", 1, 32), real_gene("rate", 1e-4, 1, GeneScale::log)});
  plan.defaults = false;
  plan.settings.population = 12;
  plan.settings.generations = 10;
  AskTell search(plan, argc > 1 ? argv[1] : "runs/asked");
  int batches = 0, told = 0;
  while (!search.finished()) {
    std::vector<Candidate> batch;  // all that can be asked for now: to be sent to a cluster, a robot, a person
    while (auto candidate = search.ask()) batch.push_back(*candidate);
    for (const auto& candidate : batch) {
      const Values genes(plan.space, *candidate.genome);
      const double waste = static_cast<double>((genes.integer("cores") - 8) * (genes.integer("cores") - 8));
      search.tell(candidate, genes.integer("cores") == 32 ? ended_as(TrialStatus::out_of_memory, "too many")
                                                          : scored(-waste - genes.number("rate")));
      ++told;
    }
    ++batches;
  }
  const auto outcome = search.outcome();
  const Values best(plan.space, plan.space.parse(outcome.champion->key.genome));
  std::printf("%s in %s batches\n", told > 100 ? "more than 100 candidates" : "few candidates",
              batches < 20 ? "few" : "many");
  std::printf("cores: %ld\n", static_cast<long>(best.integer("cores")));
}
