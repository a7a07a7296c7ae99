// SPDX-License-Identifier: Apache-2.0
/// Trials with TrialSpec::finer_steps.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/content_key.hpp"
#include "core/learning/objective.hpp"
#include "core/learning/trainer.hpp"
#include "tests/core/task_support.hpp"

namespace evobrnn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TrialSpec small_spec(const std::string& model, const std::string& task) {
  TrialSpec spec;
  spec.settings.model.name = model;
  spec.settings.model.n = 12;
  spec.settings.task.name = task;
  spec.settings.task.train_samples = 96;
  spec.settings.task.validation_samples = 60;
  spec.settings.task.test_samples = 90;
  spec.settings.train.batch = 32;
  spec.seed = 42;
  spec.test = true;
  return spec;
}

struct Outcome {
  TrialResult result;
  std::string weights, checkpoint;
  int asked = 0;
};

/// Stopped when should_stop is asked the `stop_at`th time; 0: never.
Outcome run(const TrialSpec& spec, int stop_at = 0, const std::string& resume_from = "") {
  Outcome run;
  TrialHooks hooks;
  hooks.weights = [&run](const std::string& bytes) { run.weights = bytes; };
  hooks.checkpoint = [&run](const std::string& bytes) { run.checkpoint = bytes; };
  hooks.should_stop = [&run, stop_at] { return ++run.asked == stop_at; };
  hooks.resume_from = resume_from;
  run.result = run_trial(spec, hooks);
  return run;
}

void expect_same(const Outcome& left, const Outcome& right) {
  EXPECT_EQ(left.weights, right.weights);
  EXPECT_EQ(left.result.score, right.result.score);
  EXPECT_EQ(left.result.metrics, right.result.metrics);
}

/// Takes the metrics of finer steps out.
std::map<std::string, double> taken_out(std::map<std::string, double>& metrics) {
  std::map<std::string, double> taken;
  for (const auto& [name, value] : metrics) {
    if (name.find("_steps_") != std::string::npos) taken[name] = value;
  }
  for (const auto& [name, value] : taken) metrics.erase(name);
  return taken;
}

/// The test set in one pass, scored with the weights that a trial left.
Score scored_at_once(const TrialSpec& spec, const std::string& weights, std::int64_t divisor) {
  at::NoGradGuard no_grad;
  const auto task = testing_support::make_generated(spec.settings.task);
  const auto shape = task->shape();
  Network network(spec.settings.model, {shape.n_in, shape.n_out, at::kFloat, at::kCPU, 1, Path::reference});
  network.load(weights);
  const auto batch = task->batch(Part::test, testing_support::first(shape.test), at::kFloat);
  auto options = pass_options(batch);
  options.divide_steps = divisor;
  Tally tally;
  tally.add(network.run(batch.x, options).outputs, batch);
  return {tally.loss(), tally.score()};
}

/// One answer a sequence, a target at every step, values at every step.
const std::vector<std::pair<std::string, std::string>> kModelsAndTasks = {{"conductance", "digits"},
                                                                          {"leaky", "dms"},
                                                                          {"conductance_stp", "flip_flop"},
                                                                          {"stp", "copy_memory"},
                                                                          {"multiscale", "adding"}};

TEST(FinerTrial, HasAScoreAndALossForEachAndNothingElseChanges) {
  for (const auto& [model, task] : kModelsAndTasks) {
    for (const std::string path : {"auto", "reference"}) {
      SCOPED_TRACE(testing::Message() << model << " on " << task << ", " << path);
      auto spec = small_spec(model, task);
      spec.settings.core.path = path;
      const auto plain = run(spec);
      ASSERT_EQ(plain.result.status, TrialStatus::ok) << plain.result.cause;
      spec.finer_steps = {2, 4};
      auto finer = run(spec);
      expect_same(finer, run(spec));
      EXPECT_EQ(finer.result.cost.flops, plain.result.cost.flops);
      const auto metrics = taken_out(finer.result.metrics);
      expect_same(finer, plain);
      ASSERT_EQ(metrics.size(), 4U);
      for (const std::int64_t k : spec.finer_steps) {
        const auto expected = scored_at_once(spec, finer.weights, k);
        const double loss = metrics.at("test_loss_steps_" + std::to_string(k));
        EXPECT_NEAR(loss, expected.loss, 1e-4 * (1 + std::abs(expected.loss))) << k;
        EXPECT_NE(loss, plain.result.metrics.at("test_loss")) << k;
        // One answer of 90 may fall on the other side for rounding; errors are as near as the loss.
        EXPECT_NEAR(metrics.at("test_score_steps_" + std::to_string(k)), expected.score, 0.012) << k;
      }
    }
  }
}

TEST(FinerTrial, OfAModelWithoutATimeStepIsThePlainOne) {
  for (const std::string model : {"gru", "simple_gru", "vanilla"}) {
    auto spec = small_spec(model, "digits");
    const auto plain = run(spec);
    spec.finer_steps = {2};
    expect_same(run(spec), plain);
  }
}

TEST(FinerTrial, StoppedInAFinerPassItEndsTheSame) {
  auto spec = small_spec("conductance", "digits");
  spec.settings.model.recurrent_noise = 0.05;
  spec.finer_steps = {2, 4};
  const auto whole = run(spec);
  ASSERT_EQ(whole.result.status, TrialStatus::ok);
  const auto stopped = run(spec, whole.asked);  // before the last pass
  ASSERT_EQ(stopped.result.status, TrialStatus::cancelled);
  ASSERT_FALSE(stopped.checkpoint.empty());
  const auto resumed = run(spec, 0, stopped.checkpoint);
  EXPECT_LT(resumed.asked, whole.asked) << "it went on from the checkpoint";
  expect_same(whole, resumed);
}

/// The input is held in memory k times, in passes of fewer samples.
TEST(FinerTrial, StaysWithinItsPredictedMemory) {
  for (const auto& [model, task] : kModelsAndTasks) {
    for (const std::string path : {"auto", "reference"}) {
      auto spec = small_spec(model, task);
      spec.settings.core.path = path;
      spec.settings.task.test_samples = 300;
      if (path == "auto") spec.settings.task.layout = "pixels";
      spec.settings.train.samples = 64;
      spec.finer_steps = {2, 4, 9};
      const auto result = run(spec).result;
      ASSERT_EQ(result.status, TrialStatus::ok) << result.cause;
      const auto shape = testing_support::make_generated(spec.settings.task)->shape();
      EXPECT_LE(result.cost.peak_bytes, predicted_peak_bytes(spec.settings, shape)) << model << " " << task << path;
    }
  }
}

TEST(FinerTrial, JsonKeepsFinerStepsAndReadsWhatHasNone) {
  auto spec = small_spec("leaky", "digits");
  const auto old = to_json(spec);
  EXPECT_EQ(old.find("finer_steps"), std::string::npos) << "specifications without it stay as they were";
  EXPECT_THAT(trial_spec_from_json(old).finer_steps, IsEmpty());
  spec.finer_steps = {4, 2};
  auto text = to_json(spec);
  EXPECT_THAT(trial_spec_from_json(text).finer_steps, ElementsAre(4, 2));
  EXPECT_EQ(to_json(trial_spec_from_json(text)), text);
  const auto list = text.find('[', text.find("finer_steps")), end = text.find(']', list) + 1;
  for (const std::string odd : {"2", "[1]", "[-2]", "[\"2\"]", "true"}) {
    auto broken = text;
    broken.replace(list, end - list, odd);
    EXPECT_THROW(trial_spec_from_json(broken), SettingsError) << odd;
  }
}

TEST(FinerTrial, FinerStepsAreInTheContentKey) {
  auto spec = small_spec("leaky", "digits");
  const auto plain = content_key(spec);
  spec.finer_steps = {2, 4};
  const auto both = content_key(spec);
  spec.finer_steps = {2};
  EXPECT_NE(both, plain);
  EXPECT_NE(content_key(spec), plain);
  EXPECT_NE(content_key(spec), both);
}

}  // namespace
}  // namespace evobrnn
