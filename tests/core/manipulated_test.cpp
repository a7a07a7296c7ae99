// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/manipulated.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/io/safetensors.hpp"
#include "core/learning/objective.hpp"
#include "core/random.hpp"
#include "core/tasks/images.hpp"
#include "tests/core/task_support.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using testing::HasSubstr;
using testing_support::data_error_of;
using testing_support::first;
using testing_support::kSigmas;
using Change = std::function<void(TaskSettings&)>;
using Steps = std::vector<std::int64_t>;

constexpr std::int64_t kSteps = 6;  // of every task below, at most

/// 6 rows of 3 pixels, none of them 0; a class an image.
std::shared_ptr<const Task> image_task() {
  const auto options = at::TensorOptions().dtype(at::kByte);
  const ImageSet set{at::randint(1, 256, {5, 18}, make_generator(1), options), at::tensor({0, 1, 2, 0, 1}, at::kLong),
                     6, 3};
  TaskSettings settings;
  settings.validation_samples = 2;
  return make_image_task(set, set, 3, settings);
}

/// A target at every step.
std::shared_ptr<const Task> flip_flop(std::int64_t steps = kSteps) {
  TaskSettings settings;
  settings.name = "flip_flop";
  settings.steps = steps;
  return testing_support::make_generated(settings);
}

/// Test samples of 6, 4 and 5 steps, in a file of its own that may have fewer steps in all.
std::shared_ptr<const Task> unequal_sequences(const std::function<void(TaskSettings&)>& change = {}) {
  const testing_support::ScratchFolder folder;
  const auto write = [&](const std::string& name, std::vector<std::int64_t> lengths) {
    const auto samples = static_cast<std::int64_t>(lengths.size());
    const auto steps = *std::max_element(lengths.begin(), lengths.end());
    const auto x = at::rand({samples, steps, 2}, make_generator(2), at::TensorOptions().dtype(at::kDouble)) + 1;
    folder.write(name,
                 write_safetensors(
                     {{"x", x}, {"y", at::arange(samples, at::kLong)}, {"lengths", at::tensor(lengths, at::kLong)}}));
  };
  write("train.safetensors", {6, 3, 6, 2});
  write("test.safetensors", {6, 4, 5});
  write("short.safetensors", {2, 1});
  TaskSettings settings;
  settings.name = "sequences";
  settings.file = "train.safetensors";
  settings.test_file = "test.safetensors";
  settings.validation_samples = 1;
  if (change) change(settings);
  return make_task(settings, *make_data_store(folder.path()));
}

TaskSettings changed(const Change& change) {
  TaskSettings settings;
  change(settings);
  return settings;
}

/// The first samples of a part, after and before a manipulation.
struct Pair {
  Pair(const std::shared_ptr<const Task>& plain, const Change& change, Part part = Part::test, std::int64_t count = 3)
      : task(manipulated(plain, changed(change))),
        after(task->batch(part, first(count), at::kDouble)),
        before(plain->batch(part, first(count), at::kDouble)) {}

  /// Steps of each sequence before the manipulation.
  at::Tensor lengths() const {
    return before.lengths.defined() ? before.lengths : at::full({before.x.size(1)}, before.x.size(0), at::kLong);
  }

  std::shared_ptr<const Task> task;
  Batch after, before;
};

class EveryKindOfTask : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<const Task> task() const {
    return GetParam() == "image" ? image_task() : GetParam() == "every_step" ? flip_flop() : unequal_sequences();
  }
  bool every_step() const { return GetParam() == "every_step"; }
};

/// [steps, batch, 1]: 1 before the given step of each sequence.
at::Tensor before_step(const Batch& batch, const at::Tensor& step) {
  const auto t = at::arange(batch.x.size(0), at::kLong).unsqueeze(1);
  return t.lt(step.unsqueeze(0)).unsqueeze(2).to(at::kDouble);
}

TEST_P(EveryKindOfTask, IsItselfWhereNothingIsAskedFor) {
  const auto plain = task();
  EXPECT_EQ(manipulated(plain, TaskSettings{}), plain);
}

TEST_P(EveryKindOfTask, OnlyTheFirstFractionIsFed) {
  for (const double fraction : {0.0, 0.25, 0.5, 0.9}) {
    const Pair pair(task(), [&](auto& s) { s.input_fraction = fraction; });
    const auto fed = at::floor(fraction * pair.lengths().to(at::kDouble));
    EXPECT_TRUE(at::equal(pair.after.x, pair.before.x * before_step(pair.before, fed))) << fraction;
    EXPECT_TRUE(at::equal(pair.after.y, pair.before.y));
  }
}

TEST_P(EveryKindOfTask, NoiseMayFollowTheFractionThatIsFed) {
  const auto change = [](auto& s) {
    s.input_fraction = 0.5;
    s.after_input = "noise";
    s.after_input_sd = 3;
  };
  const Pair pair(task(), change);
  const auto fed = before_step(pair.before, at::floor(0.5 * pair.lengths().to(at::kDouble)));
  const auto rest = before_step(pair.before, pair.lengths()) - fed;
  EXPECT_TRUE(at::equal(pair.after.x * fed, pair.before.x * fed));
  EXPECT_TRUE(at::equal(pair.after.x.ne(0), (pair.before.x * fed).ne(0).logical_or(rest.ne(0))))
      << "no noise, or some beyond the end";
  EXPECT_TRUE(at::equal(pair.task->batch(Part::test, first(3), at::kDouble).x, pair.after.x));
}

TEST_P(EveryKindOfTask, CropsToAWindow) {
  for (const auto& [start, keep, steps] :
       std::vector<std::array<std::int64_t, 3>>{{2, 3, 3}, {0, 4, 4}, {4, 9, 2}, {5, 0, 1}}) {
    const Pair pair(task(), [&, start = start, keep = keep](auto& s) {
      s.crop_start = start;
      s.crop = keep;
    });
    const auto window = [&, start = start, steps = steps](const at::Tensor& t) { return t.narrow(0, start, steps); };
    EXPECT_EQ(pair.task->shape().steps, steps);
    EXPECT_TRUE(at::equal(pair.after.x, window(pair.before.x)));
    EXPECT_TRUE(at::equal(pair.after.y, every_step() ? window(pair.before.y) : pair.before.y));
    EXPECT_EQ(pair.after.mask.defined(), every_step());
    if (every_step()) {
      EXPECT_TRUE(at::equal(pair.after.mask, window(pair.before.mask)));
      EXPECT_TRUE(at::equal(pair.after.scored, window(pair.before.scored)));
    }
    if (pair.before.lengths.defined()) {
      EXPECT_TRUE(at::equal(pair.after.lengths, (pair.before.lengths - start).clamp(1, steps)));
    }
  }
}

TEST_P(EveryKindOfTask, GapsLieBetweenOneInputAndTheNext) {
  const Pair pair(task(), [](auto& s) { s.gap = 2; });
  EXPECT_EQ(pair.task->shape().steps, 3 * (kSteps - 1) + 1);
  const auto expect_spread = [](const at::Tensor& after, const at::Tensor& before) {
    ASSERT_EQ(after.size(0), 3 * (kSteps - 1) + 1);
    for (std::int64_t t = 0; t < after.size(0); ++t) {
      if (t % 3 == 0) EXPECT_TRUE(at::equal(after[t], before[t / 3])) << t;
      else EXPECT_TRUE(after[t].eq(0).all().item<bool>()) << t;
    }
  };
  expect_spread(pair.after.x, pair.before.x);
  if (every_step()) {
    expect_spread(pair.after.y, pair.before.y);
    expect_spread(pair.after.mask, pair.before.mask);
    expect_spread(pair.after.scored, pair.before.scored);
  } else {
    EXPECT_TRUE(at::equal(pair.after.y, pair.before.y));
  }
  if (pair.before.lengths.defined()) {
    EXPECT_TRUE(at::equal(pair.after.lengths, 3 * (pair.before.lengths - 1) + 1));
  }
}

TEST_P(EveryKindOfTask, BlanksComeBetweenTheLastInputAndTheReadOut) {
  const auto blanks = [](auto& s) { s.blank_delay = 4; };
  if (every_step()) {
    EXPECT_THAT(data_error_of([&] { manipulated(task(), changed(blanks)); }), HasSubstr("task.blank_delay"));
    return;
  }
  const Pair pair(task(), blanks);
  EXPECT_EQ(pair.task->shape().steps, kSteps + 4);
  EXPECT_TRUE(at::equal(pair.after.x.narrow(0, 0, kSteps), pair.before.x));
  EXPECT_TRUE(pair.after.x.narrow(0, kSteps, 4).eq(0).all().item<bool>());
  EXPECT_EQ(pair.after.x.size(0), kSteps + 4);
  if (pair.before.lengths.defined()) {
    EXPECT_TRUE(at::equal(pair.after.lengths, pair.before.lengths + 4));
  }
}

TEST_P(EveryKindOfTask, TheStateIsResetAfterAFractionOfEachSequence) {
  EXPECT_FALSE(Pair(task(), [](auto& s) { s.gap = 1; }).after.reset.defined());
  for (const double fraction : {0.25, 0.5, 0.75, 1.0}) {
    const Pair pair(task(), [&](auto& s) { s.reset_at = fraction; });
    EXPECT_TRUE(at::equal(pair.after.reset, at::floor(fraction * pair.lengths().to(at::kDouble)).to(at::kLong)));
    EXPECT_TRUE(at::equal(pair.after.x, pair.before.x));
  }
}

TEST_P(EveryKindOfTask, NoiseOnTheInputIsTheSameForASampleEachTime) {
  const Pair pair(task(), [](auto& s) { s.input_noise = 0.5; });
  const auto noise = pair.after.x - pair.before.x;
  EXPECT_TRUE(at::equal(noise.ne(0), before_step(pair.before, pair.lengths()).ne(0).expand_as(noise)));
  const auto other_order = pair.task->batch(Part::test, {2, 0}, at::kDouble).x;
  EXPECT_TRUE(at::equal(other_order.select(1, 0), pair.after.x.select(1, 2)));
  EXPECT_TRUE(at::equal(other_order.select(1, 1), pair.after.x.select(1, 0)));
  EXPECT_FALSE(at::equal(noise.select(1, 0), noise.select(1, 1))) << "all samples have the same noise";
  const auto training = Pair(
      task(), [](auto& s) { s.input_noise = 0.5; }, Part::train, 1);
  EXPECT_FALSE(at::equal(training.after.x[0][0] - training.before.x[0][0], noise[0][0])) << "all parts have the same";
}

TEST_P(EveryKindOfTask, ManipulationsActOnThePartsThatAreAskedFor) {
  for (const std::string when : {"always", "train", "test"}) {
    const auto change = [&](auto& s) {
      s.gap = 1;
      s.manipulate = when;
    };
    const auto steps = [&](Part part) { return Pair(task(), change, part, 1).after.x.size(0); };
    const std::int64_t after = 2 * (kSteps - 1) + 1;
    EXPECT_EQ(steps(Part::train), when == "test" ? kSteps : after) << when;
    EXPECT_EQ(steps(Part::validation), when == "train" ? kSteps : after) << when;
    EXPECT_EQ(steps(Part::test), when == "train" ? kSteps : after) << when;
    EXPECT_EQ(Pair(task(), change).task->shape().steps, steps(Part::train)) << when;
  }
}

TEST_P(EveryKindOfTask, CroppingNeedsStepsToKeep) {
  const auto error = data_error_of([&] { manipulated(task(), changed([](auto& s) { s.crop_start = kSteps; })); });
  EXPECT_THAT(error, HasSubstr("task.crop_start = 6: the sequences have 6 steps"));
}

INSTANTIATE_TEST_SUITE_P(Manipulations, EveryKindOfTask, testing::Values("image", "every_step", "unequal_lengths"),
                         [](const auto& tested) { return tested.param; });

TEST(Manipulations, NoiseHasTheMeanAndTheDeviationThatAreAskedFor) {
  const auto task = flip_flop(5000);
  const auto expect_normal = [](const at::Tensor& noise, double sd) {
    const auto n = static_cast<double>(noise.numel());
    EXPECT_NEAR(noise.mean().item<double>(), 0, kSigmas * sd / std::sqrt(n));
    EXPECT_NEAR(noise.std().item<double>(), sd, kSigmas * sd / std::sqrt(2 * n));
  };
  const Pair added(
      task, [](auto& s) { s.input_noise = 0.5; }, Part::test, 1);
  expect_normal(added.after.x - added.before.x, 0.5);
  const Pair fed(
      task,
      [](auto& s) {
        s.input_fraction = 0;
        s.after_input = "noise";
        s.after_input_sd = 2;
      },
      Part::test, 1);
  expect_normal(fed.after.x, 2);
}

TEST(Manipulations, AFractionThatIsAWholeNumberOfStepsIsNotRoundedBelowIt) {
  const Pair pair(flip_flop(100), [](auto& s) {
    s.input_fraction = 0.29;  // 0.29 · 100 is 28.999… in floating point
    s.reset_at = 0.57;
  });
  EXPECT_TRUE(at::equal(pair.after.x.narrow(0, 0, 29), pair.before.x.narrow(0, 0, 29)));
  EXPECT_TRUE(pair.after.reset.eq(57).all().item<bool>()) << pair.after.reset;
}

TEST(Manipulations, ActOneAfterTheOther) {
  const Pair pair(image_task(), [](auto& s) {
    s.crop_start = 1;
    s.crop = 4;
    s.input_fraction = 0.75;  // of the 4 that are left
    s.gap = 1;                // 7 steps
    s.blank_delay = 3;        // 10 steps
    s.reset_at = 0.5;         // of these 10
  });
  auto expected = at::zeros({10, 3, 3}, at::kDouble);
  for (const std::int64_t i : {0, 1, 2}) expected[2 * i].copy_(pair.before.x[1 + i]);
  EXPECT_TRUE(at::equal(pair.after.x, expected));
  EXPECT_TRUE(pair.after.reset.eq(5).all().item<bool>());
  EXPECT_EQ(pair.task->shape().steps, 10);
}

TEST(Manipulations, AreSaidInWords) {
  const auto text = [](const Change& change) { return manipulated(image_task(), changed(change))->shape().sequence; };
  EXPECT_EQ(text([](auto& s) { s.crop_start = 2; }), "T = 6 steps of 3 values, rows; cropped to 4 steps from step 2");
  EXPECT_THAT(text([](auto& s) {
                s.input_noise = 0.5;
                s.input_fraction = 0.25;
                s.gap = 3;
                s.blank_delay = 7;
                s.reset_at = 0.75;
              }),
              HasSubstr("; input noise of 0.5, the first 25 % of the input, then zeros, 3 blank steps between inputs, "
                        "7 blank steps before the read-out, the state reset after 75 %"));
  const auto when = [&](const std::string& parts) {
    return text([&](auto& s) {
      s.manipulate = parts;
      s.gap = 1;
    });
  };
  EXPECT_THAT(when("train"), HasSubstr("; in training: 1 blank"));
  EXPECT_THAT(when("test"), HasSubstr("; in validation and test: 1 blank"));
}

TEST(Manipulations, MoveThePeriodsOfATrialAlong) {
  TaskSettings settings;
  settings.name = "copy_memory";
  settings.recall = 2;
  settings.steps = 4;
  const auto periods = [&](const Change& change) {
    std::vector<Steps> list;
    const auto task = manipulated(testing_support::make_generated(settings), changed(change));
    for (const auto& period : task->periods()) list.push_back({period.begin, period.end});
    return list;
  };
  EXPECT_EQ(periods([](auto& s) { s.reset_at = 0.5; }), (std::vector<Steps>{{0, 2}, {2, 6}, {6, 8}}));
  EXPECT_EQ(periods([](auto& s) { s.crop_start = 1; }), (std::vector<Steps>{{0, 1}, {1, 5}, {5, 7}}));
  EXPECT_EQ(periods([](auto& s) { s.crop = 5; }), (std::vector<Steps>{{0, 2}, {2, 5}, {5, 5}}));
  EXPECT_EQ(periods([](auto& s) { s.gap = 1; }), (std::vector<Steps>{{0, 4}, {4, 12}, {12, 15}}));
  EXPECT_TRUE(periods([](auto& s) {
                s.gap = 1;
                s.manipulate = "test";
              }).empty())
      << "the parts have no period in common";
}

TEST(Manipulations, CroppingIsCheckedInEveryPartThatItActsOn) {
  const auto load = [](const std::string& manipulate) {
    unequal_sequences([&](auto& s) {
      s.test_file = "short.safetensors";
      s.crop_start = 3;
      s.manipulate = manipulate;
    });
  };
  EXPECT_THAT(data_error_of([&] { load("always"); }), HasSubstr("task.crop_start = 3: the sequences have 2 steps"));
  EXPECT_EQ(data_error_of([&] { load("train"); }), "");
}

TEST(Manipulations, AllAreOffInTheSettingsWithoutThem) {
  const auto off = without_manipulations(changed([](auto& s) {
    s.manipulate = "train";
    s.after_input = "noise";
    s.input_noise = s.after_input_sd = s.input_fraction = s.reset_at = 0.5;
    s.crop_start = s.crop = s.gap = s.blank_delay = 1;
  }));
  TrialSettings cleaned, defaults;
  cleaned.task = off;
  for (const auto& row : trial_settings_table()) EXPECT_EQ(row.get(cleaned), row.get(defaults)) << row.setting.path;
}

TEST(Manipulations, AfterAResetANetworkKnowsTheSecondHalfAlone) {
  const auto task = image_task();
  ModelSettings model;
  model.n = 7;
  const Network network(model, {3, 3, at::kDouble, at::kCPU, 1});
  const auto logits = [&](const Change& change) {
    const auto batch = manipulated(task, changed(change))->batch(Part::test, first(3), at::kDouble);
    return network.run(batch.x, pass_options(batch)).outputs;
  };
  const auto after_reset = logits([](auto& s) { s.reset_at = 0.5; });
  EXPECT_TRUE(at::allclose(after_reset, logits([](auto& s) { s.crop_start = 3; }), 1e-12, 1e-12));
  EXPECT_FALSE(at::allclose(after_reset, logits([](auto&) {}), 1e-6, 1e-6));
}

}  // namespace
}  // namespace evobrnn
