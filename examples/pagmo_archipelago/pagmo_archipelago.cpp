// SPDX-License-Identifier: Apache-2.0
/// Our networks in pagmo2's own archipelago: hyperparameters of a small network on the built-in digits, trained by
/// gradient descent in every fitness evaluation. Nothing here is special to evobrnn but the problem itself.
#include <algorithm>
#include <cstdio>
#include <evobrnn/core/threads.hpp>
#include <evobrnn/evolve/network_objective.hpp>
#include <evobrnn/evolve/pagmo.hpp>
#include <pagmo/algorithms/gaco.hpp>
#include <pagmo/archipelago.hpp>
#include <pagmo/island.hpp>
#include <pagmo/population.hpp>

int main() {
  evobrnn::configure_process_threads();
  evobrnn::TrialSettings settings;
  settings.model.n = 20;
  settings.task.train_samples = 1000;
  settings.task.validation_samples = 300;
  settings.train.samples = 2000;
  settings.train.batch = 20;
  const evobrnn::SearchSpace space({evobrnn::real_gene("model.gain", 0.5, 10),
                                    evobrnn::real_gene("train.lr", 0.001, 0.1, evobrnn::GeneScale::log),
                                    evobrnn::integer_gene("model.n", 10, 30)});
  evobrnn::PagmoOptions options;
  options.on_thread_start = evobrnn::configure_thread;
  const pagmo::problem problem{
      evobrnn::pagmo_problem{space, evobrnn::network_objective(settings, space, evobrnn::make_data_store()), options}};

  pagmo::archipelago archipelago{2u, pagmo::algorithm{pagmo::gaco{3u, 8u}}, problem, 8u, 7u};
  archipelago.evolve();
  archipelago.wait_check();

  double best = 0;
  for (const auto& champion : archipelago.get_champions_f()) best = std::max(best, -champion[0]);
  std::printf("islands: %zu\n", archipelago.size());
  std::printf("integers in the problem: %zu\n", static_cast<std::size_t>(problem.get_nix()));
  std::printf("better than chance: %s\n", best > 0.2 ? "yes" : "no");
}
