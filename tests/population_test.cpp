// SPDX-License-Identifier: Apache-2.0
/// Search and training together: real trials, tiny ones, on more workers than there are cores. Also run under
/// ThreadSanitizer (scripts/sanitize).
#include <gtest/gtest.h>

#include <atomic>

#include "core/threads.hpp"
#include "core/trial.hpp"
#include "evolve/search.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

/// 64 networks of 4 to 15 units, each trained on three batches of digits, with noise.
SearchPlan plan_of_64(const std::shared_ptr<DataStore>& data) {
  Gene n;
  n.path = "model.n";
  n.kind = GeneKind::integer;
  n.low = 4;
  n.high = 15;
  Gene dt;
  dt.path = "model.dt";
  dt.low = 0.1;
  dt.high = 0.9;
  SearchPlan plan;
  plan.space = SearchSpace({n, dt});
  plan.settings.strategy = "random";
  plan.settings.population = 32;
  plan.settings.generations = 2;
  plan.settings.final_seeds = 0;
  plan.objective = [data](const Candidate& candidate, const TrialHooks& given) {
    TrialSpec spec;
    spec.seed = candidate.seed;
    spec.settings.model.n = std::get<std::int64_t>(candidate.genome->at(0));
    spec.settings.model.dt = std::get<double>(candidate.genome->at(1));
    spec.settings.model.recurrent_noise = 0.05;
    spec.settings.task.name = "digits";
    spec.settings.task.train_samples = 60;
    spec.settings.task.validation_samples = spec.settings.task.test_samples = 20;
    spec.settings.task.input_noise = 0.1;
    spec.settings.train.batch = 20;
    spec.settings.train.samples = 60;
    auto hooks = given;
    hooks.data = data;
    return run_trial(spec, hooks);
  };
  return plan;
}

TEST(Population, HasTheSameBitsWithOneTwoAndEightWorkers) {
  configure_process_threads();
  const testing_support::ScratchFolder folder;
  const auto data = make_data_store();
  const std::atomic<bool> stop = false;
  SearchObserver silent;
  Ledger one(folder / "1");
  Executor alone(1, configure_thread);
  ASSERT_TRUE(run_search(plan_of_64(data), one, alone, silent, stop).complete);
  const auto trials = one.trials();
  EXPECT_EQ(trials.size(), 64U);
  for (const auto& trial : trials) EXPECT_EQ(trial.result.status, TrialStatus::ok) << trial.result.cause;
  for (const int workers : {2, 8}) {
    Ledger many(folder / std::to_string(workers));
    Executor executor(workers, configure_thread);
    run_search(plan_of_64(data), many, executor, silent, stop);
    EXPECT_EQ(differences(one, many), std::vector<std::string>{}) << workers << " workers";
  }
}

}  // namespace
}  // namespace evobrnn
