// SPDX-License-Identifier: Apache-2.0
#include "core/trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/data/data_store.hpp"

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

TEST(Trial, MissingDataIsAFailureWithItsCause) {
  auto spec = small_spec();
  spec.settings.task.name = "mnist";
  TrialHooks hooks;
  hooks.data = make_data_store("/nonexistent");
  const auto result = run_trial(spec, hooks);
  EXPECT_EQ(result.status, TrialStatus::failed);
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
