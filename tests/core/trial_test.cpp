// SPDX-License-Identifier: Apache-2.0
#include "core/trial.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "core/data/data_store.hpp"
#include "core/io/safetensors.hpp"
#include "core/random.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;

TrialSpec small_spec() {
  TrialSpec spec;
  spec.settings.model.n = 16;
  spec.settings.task.train_samples = 300;
  spec.settings.task.validation_samples = 100;
  spec.settings.task.test_samples = 100;
  spec.settings.train.batch = 32;
  spec.settings.train.epochs = 2;
  spec.seed = 42;
  return spec;
}

std::shared_ptr<DataStore> data() {
  static const auto store = make_data_store();
  return store;
}

struct Outcome {
  TrialResult result;
  std::string weights;
};

Outcome run(const TrialSpec& spec) {
  Outcome run;
  TrialHooks hooks;
  hooks.data = data();
  hooks.weights = [&run](const std::string& bytes) { run.weights = bytes; };
  run.result = run_trial(spec, hooks);
  return run;
}

void expect_same(const Outcome& left, const Outcome& right) {
  EXPECT_EQ(left.weights, right.weights);
  EXPECT_EQ(left.result.score, right.result.score);
  EXPECT_EQ(left.result.metrics, right.result.metrics);
  EXPECT_EQ(left.result.cost.peak_bytes, right.result.cost.peak_bytes);
  ASSERT_EQ(left.result.curve.size(), right.result.curve.size());
  for (std::size_t i = 0; i < left.result.curve.size(); ++i)
    EXPECT_EQ(left.result.curve[i].train_loss, right.result.curve[i].train_loss);
}

TEST(Trial, TheSameSpecificationGivesTheSameBits) {
  const auto first = run(small_spec());
  ASSERT_EQ(first.result.status, TrialStatus::ok) << first.result.cause;
  expect_same(first, run(small_spec()));
  expect_same(first, run(trial_spec_from_json(to_json(small_spec()))));
}

TEST(Trial, ThreadsBesideItChangeNoBit) {
  const auto alone = run(small_spec());
  std::vector<Outcome> runs(4);
  std::vector<std::thread> threads;
  for (auto& slot : runs) threads.emplace_back([&slot] { slot = run(small_spec()); });
  for (auto& thread : threads) thread.join();
  for (const auto& other : runs) expect_same(alone, other);
}

TEST(Trial, AnotherSeedGivesOtherWeights) {
  auto other = small_spec();
  other.seed = 43;
  EXPECT_NE(run(small_spec()).weights, run(other).weights);
}

TEST(Trial, CountsWhatItCost) {
  const auto result = run(small_spec()).result;
  EXPECT_EQ(result.cost.samples, 600);
  EXPECT_EQ(result.cost.steps, 20);
  EXPECT_EQ(result.curve.size(), 2U);
  EXPECT_GT(result.cost.peak_bytes, 0);
  const auto shape = load_task(small_spec().settings.task, *data());
  EXPECT_DOUBLE_EQ(result.cost.flops, predicted_flops(small_spec().settings, shape));
}

TEST(Trial, TheTestSetIsScoredOnlyWhenAskedFor) {
  auto spec = small_spec();
  EXPECT_EQ(run(spec).result.metrics.count("test_accuracy"), 0U);
  spec.test = true;
  EXPECT_EQ(run(spec).result.metrics.count("test_accuracy"), 1U);
}

TEST(Trial, ADivergingTrainingIsAStatusWithItsStep) {
  auto spec = small_spec();
  // A chaotic network over 784 steps: its gradient grows beyond every float.
  spec.settings.task.layout = "pixels";
  spec.settings.model.name = "vanilla";
  spec.settings.model.activation = "tanh";
  spec.settings.model.dale = false;
  spec.settings.model.n = 64;
  spec.settings.model.gain = 10;
  const auto result = run(spec).result;
  EXPECT_EQ(result.status, TrialStatus::diverged);
  EXPECT_THAT(result.cause, HasSubstr("at step"));
}

TEST(Trial, OverItsTimeLimitIsAStatus) {
  auto spec = small_spec();
  spec.settings.train.time_limit = 1e-9;
  const auto result = run(spec).result;
  EXPECT_EQ(result.status, TrialStatus::timeout);
  EXPECT_THAT(result.cause, HasSubstr("time limit"));
}

TEST(Trial, OverItsTimeLimitInValidationOrTestingIsAStatusToo) {
  auto spec = small_spec();
  spec.settings.train.samples = 32;  // one step: then validation, then the test set, each asking once
  spec.settings.train.time_limit = 1;
  spec.test = true;
  for (const int question : {2, 3}) {
    std::chrono::steady_clock::time_point begin;
    int asked = 0;
    TrialHooks hooks;
    hooks.data = data();
    hooks.should_stop = [&] {
      // Counted from within the training, however long its start took.
      if (asked == 0) begin = std::chrono::steady_clock::now();
      // Stands for a part that takes long.
      while (asked + 1 == question && std::chrono::steady_clock::now() - begin <= std::chrono::seconds(1)) {
      }
      ++asked;
      return false;
    };
    const auto result = run_trial(spec, hooks);
    EXPECT_EQ(result.status, TrialStatus::timeout) << result.cause;
    EXPECT_EQ(result.cost.steps, 1);
    EXPECT_EQ(result.curve.size(), question == 2 ? 0U : 1U);
  }
}

TEST(Trial, HoldingMoreThanItsMemoryLimitIsAStatusAtTheSameStep) {
  const auto peak = run(small_spec()).result.cost.peak_bytes;
  TrialHooks hooks;
  hooks.data = data();
  hooks.memory_limit = peak;
  EXPECT_EQ(run_trial(small_spec(), hooks).status, TrialStatus::ok);
  hooks.memory_limit = peak / 2;
  const auto first = run_trial(small_spec(), hooks), second = run_trial(small_spec(), hooks);
  EXPECT_EQ(first.status, TrialStatus::out_of_memory);
  EXPECT_THAT(first.cause, HasSubstr("MB in tensors"));
  EXPECT_EQ(first.cause, second.cause);
  EXPECT_EQ(first.cost.steps, second.cost.steps);
}

TEST(Trial, AnAllocationThatFailsIsOutOfMemory) {
  auto spec = small_spec();
  spec.settings.model.name = "vanilla";
  spec.settings.model.n = 10'000'000;  // 400 TB of recurrent weights: more than there are addresses
  const auto result = run(spec).result;
  EXPECT_EQ(result.status, TrialStatus::out_of_memory) << result.cause;
}

TEST(Trial, DataThatAreNotFiniteAreNamedWhicheverPartTheyAreIn) {
  const testing_support::ScratchFolder folder;
  const auto y = at::arange(40, at::kLong).remainder(2);
  std::set<std::string> parts;
  for (std::int64_t sample = 0; sample < 40; ++sample) {
    // Finite in the file, infinite in the precision of the training.
    auto x = at::rand({40, 5, 3}, make_generator(1), at::kDouble);
    x[sample][2][1] = 1e300;
    auto spec = small_spec();
    spec.settings.task.name = "sequences";
    spec.settings.task.file = folder.write(std::to_string(sample), write_safetensors({{"x", x}, {"y", y}})).string();
    spec.settings.task.train_samples = 0;
    spec.settings.task.validation_samples = spec.settings.task.test_samples = 10;
    spec.test = true;
    const auto result = run_trial(spec);
    EXPECT_EQ(result.status, TrialStatus::nan_input) << result.cause;
    for (const auto* part : {"training", "validation", "test"}) {
      if (result.cause.find(std::string("the ") + part + " part holds NaN or infinity") != std::string::npos)
        parts.insert(part);
    }
  }
  EXPECT_EQ(parts.size(), 3U);
}

TEST(Trial, TellsWhenItsDataAreThere) {
  std::vector<std::string> events;
  TrialHooks hooks;
  hooks.data = data();
  hooks.started = [&events] { events.emplace_back("started"); };
  hooks.progress = [&events](std::int64_t, std::int64_t, double) { events.emplace_back("step"); };
  run_trial(small_spec(), hooks);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front(), "started");
  EXPECT_EQ(std::count(events.begin(), events.end(), "started"), 1);
}

TEST(Trial, StopsAtTheNextBatch) {
  int steps = 0;
  TrialHooks hooks;
  hooks.data = data();
  hooks.progress = [&steps](std::int64_t, std::int64_t, double) { ++steps; };
  hooks.should_stop = [&steps] { return steps == 3; };
  const auto result = run_trial(small_spec(), hooks);
  EXPECT_EQ(result.status, TrialStatus::cancelled);
  EXPECT_EQ(steps, 3);
}

TEST(Trial, MissingDataAreInvalidWithTheirCause) {
  auto spec = small_spec();
  spec.settings.task.name = "mnist";
  TrialHooks hooks;
  hooks.data = make_data_store("/nonexistent");
  const auto result = run_trial(spec, hooks);
  EXPECT_EQ(result.status, TrialStatus::invalid);
  EXPECT_THAT(result.cause, HasSubstr("no such data file"));
}

TEST(Trial, ContradictingSettingsAreRefused) {
  auto spec = small_spec();
  spec.settings.model.n = 1;
  EXPECT_THROW(run_trial(spec), SettingsError);
}

TEST(Trial, PatienceEndsEarlyAndKeepsTheBestWeights) {
  auto spec = small_spec();
  spec.settings.train.epochs = 60;
  spec.settings.train.lr = 0.2;
  spec.settings.train.schedule = "constant";
  spec.settings.train.patience = 2;
  const auto result = run(spec).result;
  ASSERT_EQ(result.status, TrialStatus::ok);
  EXPECT_LT(result.cost.samples, 60 * 300);
  double best = 0;
  for (const auto& point : result.curve) best = std::max(best, point.validation_score);
  EXPECT_EQ(result.score, best);
}

TEST(Trial, JsonKeepsEverySettingAndRefusesUnknownOnes) {
  auto spec = small_spec();
  spec.settings.model.dt = 0.1 + 0.2;
  spec.settings.model.trained = {"A", "dt"};
  spec.seed = 0xffffffffffffffffU;
  spec.test = true;
  const auto again = trial_spec_from_json(to_json(spec));
  EXPECT_EQ(to_json(again), to_json(spec));
  EXPECT_EQ(again.seed, spec.seed);
  auto text = to_json(spec);
  text.replace(text.find("\"gain\""), 6, "\"gian\"");
  EXPECT_THROW(trial_spec_from_json(text), SettingsError);
  EXPECT_THROW(trial_spec_from_json("{"), SettingsError);
}

}  // namespace
}  // namespace evobrnn
