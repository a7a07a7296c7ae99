// SPDX-License-Identifier: Apache-2.0
#include "apps/run_state.hpp"

#include <gmock/gmock.h>

#include "core/clock.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using testing_support::ScratchFolder;

/// A search of 2 generations of 4 trials on 100 samples each, and one final training on 5,000.
Experiment experiment_with(const ScratchFolder& folder, const std::string& finals) {
  std::ofstream(folder / "s.toml")
      << "name = \"s\"\n[model]\nn = 8\n[task]\nname = \"digits\"\n[train]\nsamples = 100\n"
         "[search]\npopulation = 4\ngenerations = 2\n[final]\nbaselines = false\n"
      << finals << "\n[genes]\nmodel.dt = { low = 0.1, high = 0.9 }\n";
  ExperimentSource source;
  source.file = folder / "s.toml";
  return load_experiment(source);
}

/// Trials of a second each, one after the other, that ended just now.
std::vector<LedgerTrial> searched(std::int64_t count) {
  std::vector<LedgerTrial> trials;
  const double now = seconds_since_epoch();
  for (std::int64_t i = 0; i < count; ++i) {
    LedgerTrial trial;
    trial.id = i + 1;
    trial.generation = i / 4;
    trial.key = {"search", "{\"model.dt\":0.5}", 1, 0};
    trial.result.status = TrialStatus::ok;
    trial.result.score = 0.1 * static_cast<double>(i);
    trial.result.cost.wall_seconds = 1;
    trial.result.cost.flops = 1e6;
    trial.started = now - static_cast<double>(count - i);
    trials.push_back(trial);
  }
  return trials;
}

TEST(RunStateOfARun, CountsFinalTrainingsByWhatTheyTake) {
  const ScratchFolder folder;
  const auto experiment = experiment_with(folder, "seeds = 1\nsamples = 5000");
  const auto state = run_state(folder / "", experiment, searched(4), {});
  // 4 s are done, 4 are left of the search, and 50 of the final training.
  EXPECT_NEAR(state.share_done, 4.0 / 58, 1e-9);
  ASSERT_TRUE(state.remaining_seconds);
  EXPECT_NEAR(*state.remaining_seconds, 54, 2) << "by counts it would be 5 s";
}

TEST(RunStateOfARun, ABudgetOfOperationsSaysWhatFinalTrainingsTake) {
  const ScratchFolder folder;
  auto experiment = experiment_with(folder, "seeds = 1");
  experiment.search.flops = 8e6;
  experiment.search.finals.flops = 108e6;
  EXPECT_NEAR(run_state(folder / "", experiment, searched(8), {}).share_done, 8.0 / 108, 1e-9);
}

}  // namespace
}  // namespace evobrnn
