// SPDX-License-Identifier: Apache-2.0
/// A training that stops anywhere and goes on from its checkpoint ends with the bits of one that never stopped.
#include <gtest/gtest.h>

#include <chrono>

#include "core/catalogue.hpp"
#include "core/data/data_store.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

struct Scenario {
  std::string name;
  std::function<void(TrialSpec&)> change;
};

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

TrialSpec spec_of(const Scenario& scenario) {
  TrialSpec spec;
  spec.settings.model.n = 12;
  spec.settings.task.train_samples = 130;
  spec.settings.task.validation_samples = 40;
  spec.settings.task.test_samples = 40;
  spec.settings.train.batch = 32;
  spec.settings.train.epochs = 3;  // 15 steps, the last batch of each epoch short
  spec.seed = 7;
  scenario.change(spec);
  return spec;
}

std::shared_ptr<DataStore> data() {
  static const auto store = make_data_store();
  return store;
}

struct Outcome {
  TrialResult result;
  std::string weights, checkpoint;
  std::int64_t resumed_at = -1;
};

/// `stop_after`: calls of should_stop that say no; `last_checkpoint`: the step after which no checkpoint is kept.
struct Stop {
  int after = 1 << 30;
  std::int64_t last_checkpoint = 1 << 30;
};

Outcome run(const TrialSpec& spec, const std::string& from = "", Stop stop = {}) {
  Outcome outcome;
  TrialHooks hooks;
  hooks.data = data();
  hooks.weights = [&](const std::string& bytes) { outcome.weights = bytes; };
  std::int64_t at_step = 0;
  hooks.progress = [&](std::int64_t step, std::int64_t, double) { at_step = step; };
  hooks.should_stop = [&, left = stop.after]() mutable { return left-- <= 0; };
  hooks.checkpoint_due = [&] { return at_step <= stop.last_checkpoint; };
  hooks.checkpoint = [&](const std::string& bytes) {
    if (at_step <= stop.last_checkpoint) outcome.checkpoint = bytes;
  };
  hooks.resume_from = from;
  hooks.resumed = [&](std::int64_t step) { at_step = outcome.resumed_at = step; };
  outcome.result = run_trial(spec, hooks);
  return outcome;
}

void expect_same(const Outcome& left, const Outcome& right) {
  ASSERT_EQ(left.result.status, TrialStatus::ok) << left.result.cause;
  ASSERT_EQ(right.result.status, TrialStatus::ok) << right.result.cause;
  EXPECT_EQ(left.weights, right.weights);
  EXPECT_EQ(left.result.score, right.result.score);
  EXPECT_EQ(left.result.metrics, right.result.metrics);
  EXPECT_EQ(left.result.cost.steps, right.result.cost.steps);
  EXPECT_EQ(left.result.cost.samples, right.result.cost.samples);
  EXPECT_EQ(left.result.cost.flops, right.result.cost.flops);
  EXPECT_EQ(left.result.cost.peak_bytes, right.result.cost.peak_bytes);
  ASSERT_EQ(left.result.curve.size(), right.result.curve.size());
  for (std::size_t i = 0; i < left.result.curve.size(); ++i) {
    EXPECT_EQ(left.result.curve[i].step, right.result.curve[i].step);
    EXPECT_EQ(left.result.curve[i].samples, right.result.curve[i].samples);
    EXPECT_EQ(left.result.curve[i].train_loss, right.result.curve[i].train_loss);
    EXPECT_EQ(left.result.curve[i].validation_loss, right.result.curve[i].validation_loss);
    EXPECT_EQ(left.result.curve[i].validation_score, right.result.curve[i].validation_score);
  }
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all = {
      {"Adam", [](TrialSpec&) {}},
      {"Float64", [](TrialSpec& s) { s.settings.train.precision = "float64"; }},
      {"Noise",
       [](TrialSpec& s) {
         s.settings.model.recurrent_noise = 0.1;
         s.settings.model.input_noise = 0.05;
       }},
      {"Patience",
       [](TrialSpec& s) {
         s.settings.train.epochs = 12;
         s.settings.train.lr = 0.2;
         s.settings.train.schedule = "constant";
         s.settings.train.patience = 2;
         s.settings.train.validate_every = 2;
         s.test = true;
       }},
      {"ValidationBetweenEpochsAndTest",
       [](TrialSpec& s) {
         s.settings.train.validate_every = 4;
         s.test = true;
       }},
      {"Reference", [](TrialSpec& s) { s.settings.core.path = "reference"; }},
      {"SparseWithPenalties",
       [](TrialSpec& s) {
         s.settings.model.density = 0.5;
         s.settings.train.l2_rates = 0.1;
         s.settings.train.l2_weights = 0.1;
       }},
      {"NoisySequencesOfWorkingMemory",
       [](TrialSpec& s) {
         s.settings.task.name = "flip_flop";
         s.settings.task.input_noise = 0.1;
         s.settings.model.recurrent_noise = 0.1;
       }},
  };
  for (const auto* optimizer : {"sgd"}) {
    if (!broken_rule(find_setting(trial_settings_table(), "train.optimizer")->setting, Value(std::string(optimizer))))
      all.push_back({optimizer, [optimizer](TrialSpec& s) { s.settings.train.optimizer = optimizer; }});
  }
  for (const auto& model : model_catalogue()) {
    all.push_back({"model_" + model.name, [name = model.name](TrialSpec& s) {
                     s.settings.model.name = name;
                     s.settings.model.dale = s.settings.model.dale && name != "gru";
                   }});
  }
  return all;
}

class Checkpoint : public ::testing::TestWithParam<Scenario> {};

TEST_P(Checkpoint, KilledAfterAnyStepItEndsTheSame) {
  const auto spec = spec_of(GetParam());
  const auto whole = run(spec);
  for (const std::int64_t step : {1, 5, 8, 13}) {
    SCOPED_TRACE(step);
    // Trained on beyond the checkpoint, and what came after is lost.
    const auto killed = run(spec, "", {.after = static_cast<int>(step) + 2, .last_checkpoint = step});
    ASSERT_FALSE(killed.checkpoint.empty());
    const auto resumed = run(spec, killed.checkpoint);
    EXPECT_GT(resumed.resumed_at, 0);
    EXPECT_LE(resumed.resumed_at, step);
    expect_same(whole, resumed);
  }
}

TEST_P(Checkpoint, StoppedAgainAndAgainItEndsTheSame) {
  const auto spec = spec_of(GetParam());
  const auto whole = run(spec);
  std::string checkpoint;
  int stops = 0;
  // should_stop is asked before each batch, of validations and tests too: some of these stops lie within them.
  for (int after = 2;; after = after % 5 + 1) {
    const auto part = run(spec, checkpoint, {.after = after});
    if (part.result.status == TrialStatus::ok) {
      expect_same(whole, part);
      break;
    }
    ASSERT_EQ(part.result.status, TrialStatus::cancelled) << part.result.cause;
    if (!part.checkpoint.empty()) checkpoint = part.checkpoint;
    ASSERT_LT(++stops, 200);
  }
  EXPECT_GE(stops, 3);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Checkpoint, ::testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });

/// The whole run's checkpoint after step 5.
std::string some_checkpoint(const TrialSpec& spec) { return run(spec, "", {.last_checkpoint = 5}).checkpoint; }

TEST(ForeignCheckpoint, OfAnotherTrialIsIgnored) {
  const auto spec = spec_of(scenarios().front());
  auto other = spec;
  other.seed = 8;
  const auto outcome = run(spec, some_checkpoint(other));
  EXPECT_EQ(outcome.resumed_at, -1);
  expect_same(run(spec), outcome);
  other = spec;
  other.settings.train.lr = 0.01;
  EXPECT_EQ(run(spec, some_checkpoint(other)).resumed_at, -1);
}

TEST(DamagedCheckpoint, CutShortOrGarbledIsIgnored) {
  const auto spec = spec_of(scenarios().front());
  const auto whole = run(spec);
  const auto checkpoint = some_checkpoint(spec);
  ASSERT_EQ(run(spec, checkpoint).resumed_at, 5);
  for (const auto size :
       {std::size_t{1}, std::size_t{20}, std::size_t{90}, checkpoint.size() / 2, checkpoint.size() - 1}) {
    const auto outcome = run(spec, checkpoint.substr(0, size));
    EXPECT_EQ(outcome.resumed_at, -1) << size;
    expect_same(whole, outcome);
  }
  for (const auto at : {std::size_t{0}, std::size_t{19}, std::size_t{30}, std::size_t{90}, checkpoint.size() / 2,
                        checkpoint.size() - 1}) {
    auto garbled = checkpoint;
    garbled[at] = static_cast<char>(garbled[at] ^ 1);
    EXPECT_EQ(run(spec, garbled).resumed_at, -1) << at;
  }
  EXPECT_EQ(run(spec, checkpoint + "x").resumed_at, -1);
}

TEST(CheckpointCost, CountsTheTimeSpentBeforeIt) {
  const auto spec = spec_of(scenarios().front());
  const auto end = run(spec, "", {.last_checkpoint = 15}).checkpoint;  // nothing but the end is left to do
  const auto begin = std::chrono::steady_clock::now();
  const auto resumed = run(spec, end);
  const double here = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_EQ(resumed.resumed_at, 15);
  EXPECT_GT(resumed.result.cost.wall_seconds, here);
}

}  // namespace
}  // namespace evobrnn
