// SPDX-License-Identifier: Apache-2.0
/// Properties that every generated task must have: the suite loops over the registry, so a new one cannot escape it.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "core/learning/objective.hpp"
#include "tests/core/task_support.hpp"

namespace evobrnn {
namespace {

using testing::HasSubstr;
using testing_support::data_error_of;
using testing_support::first;
using testing_support::kSigmas;
using testing_support::make_generated;

struct Generated {
  CatalogueEntry about;
  friend void PrintTo(const Generated& task, std::ostream* out) { *out << task.about.name; }
};

/// Whatever reads neither images nor a file.
std::vector<Generated> generated_tasks() {
  std::vector<Generated> list;
  for (const auto& entry : task_catalogue()) {
    if (!reads(entry, "task.layout") && !reads(entry, "task.file")) list.push_back({entry});
  }
  return list;
}

void set_number(TaskSettings& settings, const std::string& path, double number) {
  const auto& row = *find_setting(trial_settings_table(), path);
  TrialSettings holder;
  holder.task = settings;
  if (row.setting.kind == SettingKind::integer) row.set(holder, static_cast<std::int64_t>(number));
  else row.set(holder, number);
  settings = holder.task;
}

Tally tally_of(const at::Tensor& outputs, const Batch& batch) {
  Tally tally;
  tally.add(outputs, batch);
  return tally;
}

/// Logits that are all but sure of the classes `answers`, [steps, batch].
at::Tensor sure_of(const at::Tensor& answers, std::int64_t n_out) { return at::one_hot(answers, n_out) * 40.0; }

bool same_sample(const Batch& left, std::int64_t i, const Batch& right, std::int64_t j) {
  const auto same = [&](const at::Tensor& a, const at::Tensor& b) { return at::equal(a.select(1, i), b.select(1, j)); };
  return same(left.x, right.x) && same(left.y, right.y) && same(left.mask, right.mask) &&
         same(left.scored, right.scored);
}

class EveryGeneratedTask : public testing::TestWithParam<Generated> {
 protected:
  EveryGeneratedTask() { settings_.name = GetParam().about.name; }

  const std::vector<std::pair<std::string, double>>& published() const { return GetParam().about.published; }

  std::shared_ptr<const Task> task() const { return make_generated(settings_); }
  Batch batch(std::int64_t count, Part part = Part::train) const {
    return task()->batch(part, first(count), at::kDouble);
  }
  std::string error() const {
    return data_error_of([this] { task(); });
  }
  /// Paths of the published settings that are times.
  std::vector<std::string> times() const {
    std::vector<std::string> paths;
    for (const auto& [path, value] : published()) {
      if (path.ends_with("_ms")) paths.push_back(path);
    }
    return paths;
  }

  TaskSettings settings_;
};

/// Class 0 says that it is not yet time to answer; the others are equally often right.
TEST_P(EveryGeneratedTask, AConstantAnswerIsScoredAsChance) {
  constexpr std::int64_t kSamples = 1000;
  const auto shape = task()->shape();
  const auto samples = batch(kSamples);
  if (shape.score == ScoreKind::mse) {
    // ±1 is held from the first step on. The sum of two numbers has variance 2/12, fourth central moment
    // 2/80 + 6/144, and so its square a variance of 7/180.
    const bool adding = settings_.name == "adding";
    ASSERT_TRUE(adding || settings_.name == "flip_flop") << "say here what a constant answer scores";
    const auto constant = at::full_like(samples.y, adding ? 1 : 0);
    const double tolerance = adding ? kSigmas * std::sqrt(7.0 / 180 / kSamples) : 1e-12;
    EXPECT_NEAR(tally_of(constant, samples).score(), adding ? -1.0 / 6 : -1, tolerance);
    return;
  }
  const double chance = 1 / static_cast<double>(shape.n_out - 1);
  const auto answers = kSamples * (settings_.name == "copy_memory" ? settings_.recall : 1);
  const double tolerance = kSigmas * std::sqrt(chance * (1 - chance) / static_cast<double>(answers));
  for (std::int64_t answer = 0; answer < shape.n_out; ++answer) {
    const auto tally = tally_of(sure_of(at::full_like(samples.y, answer), shape.n_out), samples);
    if (answer == 0) EXPECT_EQ(tally.score(), 0) << "not to answer is no answer";
    else EXPECT_NEAR(tally.score(), chance, tolerance) << "answer " << answer;
  }
}

TEST_P(EveryGeneratedTask, ASampleDependsOnTheSeedButNotOnTheirNumber) {
  const auto all = batch(6);
  settings_.data_seed = 1;
  EXPECT_FALSE(at::equal(batch(6).x, all.x));
  settings_.data_seed = 0;
  settings_.train_samples = settings_.test_samples = 7;
  EXPECT_TRUE(same_sample(batch(7), 5, all, 5));
}

TEST_P(EveryGeneratedTask, MinusOneIsThePublishedValueAndAnyOtherReplacesIt) {
  const auto as_published = batch(20);
  for (const auto& [path, value] : published()) {
    const auto with = [&, &path = path](double number) {
      auto settings = settings_;
      set_number(settings, path, number);
      return make_generated(settings)->batch(Part::train, first(20), at::kDouble);
    };
    EXPECT_TRUE(at::equal(with(value).x, as_published.x)) << path;
    const auto other = with(value == 0 ? 200 : value / 2);
    EXPECT_FALSE(at::equal(other.x, as_published.x) && at::equal(other.y, as_published.y)) << path;
  }
}

TEST_P(EveryGeneratedTask, APeriodShorterThanHalfAStepIsAnErrorThatNamesIt) {
  const auto unchanged = settings_;
  for (const auto& path : times()) {
    settings_ = unchanged;
    set_number(settings_, path, 0.4 * settings_.dt_ms);
    EXPECT_THAT(error(), HasSubstr(path + " = 8 ms is shorter than half a step of task.dt_ms = 20 ms"));
    set_number(settings_, path, 0);
    const bool may_be_left_out = path == "task.fixation_ms" || path == "task.delay_ms";
    EXPECT_EQ(error().empty(), may_be_left_out) << path;
    set_number(settings_, path, 0.5 * settings_.dt_ms);
    EXPECT_EQ(error(), "") << path;
  }
}

TEST_P(EveryGeneratedTask, ATrialOfMoreThanAMillionStepsIsAnErrorThatNamesThePeriod) {
  const auto unchanged = settings_;
  for (const auto& path : times()) {
    settings_ = unchanged;
    settings_.dt_ms = 1;
    set_number(settings_, path, 1e7);
    EXPECT_THAT(error(), HasSubstr(path + " = 10000000 ms in steps of task.dt_ms = 1 ms"));
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryGeneratedTask, testing::ValuesIn(generated_tasks()),
                         [](const auto& tested) { return tested.param.about.name; });

struct Timing {
  std::vector<std::pair<std::string, double>> periods;  ///< name, published ms
  std::int64_t steps = 0;                               ///< of the whole at dt = 20 ms
};

const std::map<std::string, Timing>& published_timings() {
  static const std::map<std::string, Timing> timings = {
      {"dms", {{{"fixation", 500}, {"sample", 500}, {"delay", 1000}, {"test", 500}}, 125}},
      {"dmc", {{{"fixation", 500}, {"sample", 650}, {"delay", 1000}, {"test", 650}}, 141}},
      {"abba",
       {{{"fixation", 500},
         {"sample", 400},
         {"delay 1", 400},
         {"test 1", 400},
         {"delay 2", 400},
         {"test 2", 400},
         {"delay 3", 400},
         {"test 3", 400}},
        165}},
      {"parametric_wm",
       {{{"fixation", 100}, {"first", 500}, {"delay", 3000}, {"second", 500}, {"decision", 300}}, 220}},
      {"context_integration", {{{"fixation", 100}, {"stimulus", 800}, {"delay", 0}, {"decision", 300}}, 60}},
      {"delayed_response", {{{"fixation", 750}, {"cue", 500}, {"delay", 3000}, {"response", 500}}, 238}},
      {"flip_flop", {{}, 64}},
      {"adding", {{}, 100}},
  };
  return timings;
}

std::string number_text(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

TEST(PublishedTimings, AreWholeStepsOfTheirPeriodsInOrder) {
  for (const auto& [entry] : generated_tasks()) {
    if (entry.name == "copy_memory") continue;  // its periods are counted in symbols
    ASSERT_EQ(published_timings().count(entry.name), 1U) << "no timing of " << entry.name << " is known here";
    const auto& timing = published_timings().at(entry.name);
    for (const double dt_ms : {20.0, 10.0, 33.0}) {
      TaskSettings settings;
      settings.name = entry.name;
      settings.dt_ms = dt_ms;
      const auto task = make_generated(settings);
      std::int64_t begin = 0;
      auto text = "dt = " + number_text(dt_ms) + " ms:";
      ASSERT_EQ(task->periods().size(), timing.periods.size()) << entry.name;
      for (std::size_t i = 0; i < timing.periods.size(); ++i) {
        const auto period = task->periods()[i];
        const auto& [name, ms] = timing.periods[i];
        const auto steps = static_cast<std::int64_t>(std::floor(ms / dt_ms + 0.5));
        EXPECT_EQ(period.name, name) << entry.name;
        EXPECT_EQ(period.begin, begin) << entry.name << " " << name;
        EXPECT_EQ(period.end, begin += steps) << entry.name << " " << name;
        text += (i > 0 ? ", " : " ") + name + " " + number_text(static_cast<double>(steps) * dt_ms);
      }
      const auto shape = task->shape();
      if (!timing.periods.empty()) {
        EXPECT_EQ(shape.steps, begin) << entry.name;
        EXPECT_THAT(shape.sequence, HasSubstr(text + " ms"));
      }
      if (dt_ms == 20) {
        EXPECT_EQ(shape.steps, timing.steps) << entry.name;
      }
      EXPECT_THAT(shape.sequence, HasSubstr("T = " + std::to_string(shape.steps) + " steps of " +
                                            std::to_string(shape.n_in) + " values"));
    }
  }
}

}  // namespace
}  // namespace evobrnn
