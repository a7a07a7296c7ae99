// SPDX-License-Identifier: Apache-2.0
/// What the trials of each task of working memory mean: answers recomputed from nothing but the inputs.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "core/learning/objective.hpp"
#include "tests/core/task_support.hpp"

namespace evobrnn {
namespace {

using testing_support::data_error_of;
using testing_support::first;
using testing_support::kSigmas;
using testing_support::make_generated;

constexpr std::int64_t kTrials = 1000;

TaskSettings settings_of(const std::string& name) {
  TaskSettings settings;
  settings.name = name;
  return settings;
}

/// A task's first trials, with its periods at hand.
struct Trials {
  explicit Trials(const TaskSettings& settings, std::int64_t count = kTrials)
      : task(make_generated(settings)), batch(task->batch(Part::train, first(count), at::kDouble)) {}

  Period at(const std::string& name) const {
    for (const auto& period : task->periods()) {
      if (period.name == name) return period;
    }
    throw std::out_of_range("no period " + name);
  }
  at::Tensor during(const at::Tensor& tensor, const std::string& name) const {
    return tensor.narrow(0, at(name).begin, at(name).end - at(name).begin);
  }
  /// What a period shows in all its steps, [trials, n_in].
  at::Tensor shown(const std::string& name) const {
    const auto x = during(batch.x, name);
    EXPECT_TRUE(at::equal(x, x.narrow(0, 0, 1).expand_as(x))) << name << " changes while it is shown";
    return x[0];
  }
  /// The answer that is asked for in a period, [trials].
  at::Tensor asked(const std::string& name) const {
    const auto y = during(batch.y, name);
    EXPECT_TRUE(at::equal(y, y.narrow(0, 0, 1).expand_as(y))) << name << " asks for several answers";
    return y[0];
  }

  std::shared_ptr<const Task> task;
  Batch batch;
};

/// The direction that a ring of tuned units shows, by its population vector: [trials, units] → [trials].
at::Tensor direction(const at::Tensor& ring, std::int64_t directions) {
  const double turn = 2 * std::numbers::pi;
  const auto preferred = turn / static_cast<double>(ring.size(1)) * at::arange(ring.size(1), at::kDouble);
  const auto angle = at::atan2(at::mv(ring, preferred.sin()), at::mv(ring, preferred.cos()));
  return at::remainder(at::round(angle / turn * static_cast<double>(directions)), directions).to(at::kLong);
}

bool everywhere(const at::Tensor& truth) { return truth.all().item<bool>(); }

/// That `truth`, [n], holds with probability p.
void expect_share(const at::Tensor& truth, double p) {
  const auto n = static_cast<double>(truth.numel());
  EXPECT_NEAR(truth.to(at::kDouble).mean().item<double>(), p, kSigmas * std::sqrt(p * (1 - p) / n));
}

/// All steps count in the loss; the first `grace` of the answer do not, and only the others are scored.
void expect_answer_after_grace(const Trials& trials, const std::string& name, std::int64_t grace) {
  auto mask = at::ones_like(trials.batch.mask), scored = at::zeros_like(mask);
  const auto period = trials.at(name);
  mask.narrow(0, period.begin, grace).zero_();
  scored.narrow(0, period.begin + grace, period.end - period.begin - grace).fill_(1);
  EXPECT_TRUE(at::equal(trials.batch.mask, mask));
  EXPECT_TRUE(at::equal(trials.batch.scored, scored));
}

TEST(TuningOfTheRing, IsVonMisesAroundTheDirection) {
  auto settings = settings_of("dms");
  settings.tuning_height = 3;
  settings.tuning_width = 1.5;
  const auto ring = Trials(settings).shown("sample");
  const auto trial = direction(ring, 8).eq(2).nonzero()[0].item<std::int64_t>();  // 90°, of 24 units the sixth
  for (std::int64_t away = 0; away < 12; ++away) {
    const double expected = 3 * std::exp(1.5 * (std::cos(2 * std::numbers::pi * static_cast<double>(away) / 24) - 1));
    EXPECT_NEAR(ring[trial][6 + away].item<double>(), expected, 1e-12);
    EXPECT_NEAR(ring[trial][(30 - away) % 24].item<double>(), expected, 1e-12);
  }
}

TEST(DelayedMatchToSample, AMatchIsTheSameDirection) {
  const Trials trials(settings_of("dms"));
  const auto sample = direction(trials.shown("sample"), 8), test = direction(trials.shown("test"), 8);
  EXPECT_TRUE(at::equal(trials.asked("test"), at::where(sample.eq(test), 2, 1)));
  EXPECT_TRUE(everywhere(trials.batch.y.narrow(0, 0, trials.at("test").begin).eq(0)));
  for (const std::string blank : {"fixation", "delay"}) EXPECT_TRUE(everywhere(trials.shown(blank).eq(0)));
  expect_share(sample.eq(test), 0.5);
  for (std::int64_t i = 0; i < 8; ++i) expect_share(sample.eq(i), 1.0 / 8);
  expect_answer_after_grace(trials, "test", 3);  // 50 ms, rounded to steps of 20 ms
}

TEST(DelayedMatchToSample, SomeStepOfAShortTestIsScoredDespiteTheGrace) {
  auto settings = settings_of("dms");
  settings.test_ms = 40;
  expect_answer_after_grace(Trials(settings, 5), "test", 1);
}

TEST(DelayedMatchToCategory, AMatchIsAnotherDirectionOfTheSameHalf) {
  const Trials trials(settings_of("dmc"));
  const auto sample = direction(trials.shown("sample"), 12), test = direction(trials.shown("test"), 12);
  EXPECT_TRUE(at::equal(trials.asked("test"), at::where(sample.lt(6).eq(test.lt(6)), 2, 1)));
  EXPECT_FALSE(sample.eq(test).any().item<bool>()) << "identity would help";
  expect_share(trials.asked("test").eq(2), 0.5);
  auto odd = settings_of("dmc");
  for (const std::int64_t directions : {2, 7}) {
    odd.directions = directions;
    EXPECT_THAT(data_error_of([&] { make_generated(odd); }), testing::HasSubstr("task.directions"));
  }
}

/// Each test matches with probability 1/2, and a match ends the trial. Of T tests a trial has k before its match with
/// probability 2^−(k + 1), and T without a match with 2^−T: 1 − 2^−T matches and as many non-matches in the mean, so
/// that either constant answer has a share of 1/2. For T = 3 that share has a variance of
/// E[(matches − non-matches)²] / (4 (7/4)² n) = (7/4) / (49/4 n) = 1/(7 n).
TEST(Abba, MatchesAndNonMatchesAreScoredEquallyOften) {
  const Trials trials(settings_of("abba"));
  for (std::int64_t answer : {1, 2}) {
    Tally tally;
    tally.add(at::one_hot(at::full_like(trials.batch.y, answer), 3) * 40.0, trials.batch);
    EXPECT_NEAR(tally.score(), 0.5, kSigmas * std::sqrt(1.0 / 7 / kTrials));
  }
}

TEST(Abba, TheMatchIsTheSampleAndEndsTheTrial) {
  auto settings = settings_of("abba");
  settings.tests = 4;
  const Trials trials(settings);
  const auto& batch = trials.batch;
  const auto sample = direction(trials.shown("sample"), 8);
  auto open = at::ones({kTrials}, at::kBool);
  for (int i = 1; i <= 4; ++i) {
    const auto name = "test " + std::to_string(i);
    const auto period = trials.at(name);
    const auto shown = direction(trials.shown(name), 8), match = trials.asked(name).eq(2);
    expect_share(match.masked_select(open), 0.5);
    EXPECT_TRUE(at::equal(trials.shown(name).gt(0).any(1), open)) << "nothing is shown after the match";
    EXPECT_TRUE(at::equal(match, open.logical_and(shown.eq(sample)))) << "a distractor is the sample";
    EXPECT_TRUE(at::equal(trials.asked(name).ne(0), open));
    EXPECT_TRUE(at::equal(batch.scored[period.end - 1].gt(0), open));
    EXPECT_TRUE(everywhere(batch.scored[period.begin].eq(0))) << "the grace is scored";
    open = open.logical_and(match.logical_not());
    const auto counts_later = batch.mask.narrow(0, period.end, batch.mask.size(0) - period.end).sum(0).gt(0);
    EXPECT_TRUE(at::equal(counts_later, i < 4 ? open : at::zeros_like(open)));
  }
}

TEST(Abba, DistractorsRepeatAsOftenAsAsked) {
  auto settings = settings_of("abba");
  for (const double repeats : {0.0, 0.5, 1.0}) {
    settings.repeat_probability = repeats;
    const Trials trials(settings);
    const auto both = trials.asked("test 1").eq(1).logical_and(trials.asked("test 2").eq(1));
    const auto same = direction(trials.shown("test 1"), 8).eq(direction(trials.shown("test 2"), 8));
    expect_share(same.masked_select(both), repeats + (1 - repeats) / 7);  // or by chance, among seven
  }
}

TEST(ParametricWorkingMemory, TheLabelSaysWhichFrequencyWasHigher) {
  const Trials trials(settings_of("parametric_wm"));
  const auto frequency = [&](const std::string& period) {
    const auto x = trials.shown(period);
    EXPECT_TRUE(at::allclose(x.select(1, 0) + x.select(1, 1), at::full({kTrials}, 1.2, at::kDouble)));
    return at::round(10 + (x.select(1, 0) - 0.2) * 24 / 0.8).to(at::kLong);
  };
  const auto before = frequency("first"), after = frequency("second");
  EXPECT_TRUE(at::equal(trials.asked("decision"), at::where(before.gt(after), 1, 2)));
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t i = 0; i < kTrials; ++i)
    pairs.emplace(before[i].item<std::int64_t>(), after[i].item<std::int64_t>());
  EXPECT_EQ(pairs,
            (std::set<std::pair<std::int64_t, std::int64_t>>{
                {18, 10}, {22, 14}, {26, 18}, {30, 22}, {34, 26}, {10, 18}, {14, 22}, {18, 26}, {22, 30}, {26, 34}}));
  EXPECT_TRUE(everywhere(trials.shown("delay").eq(0)));
  EXPECT_TRUE(everywhere(trials.shown("decision").eq(0)));
  EXPECT_TRUE(everywhere(trials.during(trials.batch.mask, "fixation").eq(1)));
  EXPECT_TRUE(everywhere(trials.during(trials.batch.mask, "delay").eq(0)));
  EXPECT_TRUE(everywhere(trials.during(trials.batch.scored, "decision").eq(1)));
}

TEST(ContextIntegration, TheAnswerIsTheSignOfTheCuedEvidence) {
  auto settings = settings_of("context_integration");
  settings.evidence_noise = 0;
  const Trials trials(settings);
  const auto x = trials.shown("stimulus");
  const auto colour = x.select(1, 1).eq(1);
  EXPECT_TRUE(at::equal(x.select(1, 0).eq(0), colour)) << "one context is on";
  const auto motion_evidence = x.select(1, 2) - x.select(1, 3), colour_evidence = x.select(1, 4) - x.select(1, 5);
  const auto cued = at::where(colour, colour_evidence, motion_evidence);
  EXPECT_TRUE(at::equal(trials.asked("decision"), at::where(cued.gt(0), 1, 2)));
  expect_share(colour, 0.5);
  expect_share(motion_evidence.gt(0).eq(colour_evidence.gt(0)), 0.5);
  for (const double coherence : {1.0, 3.0, 10.0})
    expect_share(at::abs(cued.abs() - 5 * coherence / 100).lt(1e-9), 1.0 / 3);
}

TEST(ContextIntegration, TheNoiseOfAStepShrinksWithItsLength) {
  auto settings = settings_of("context_integration");
  for (const double dt_ms : {20.0, 5.0}) {
    settings.dt_ms = dt_ms;
    settings.evidence_noise = 0.14;
    const Trials noisy(settings, 200);
    settings.evidence_noise = 0;
    const auto noise = noisy.during(noisy.batch.x - Trials(settings, 200).batch.x, "stimulus");
    EXPECT_TRUE(everywhere(noise.narrow(2, 0, 2).eq(0))) << "the context is not noisy";
    const auto evidence = noise.narrow(2, 2, 4);
    const double sd = 0.14 / std::sqrt(dt_ms), n = static_cast<double>(evidence.numel());
    EXPECT_NEAR(evidence.mean().item<double>(), 0, kSigmas * sd / std::sqrt(n));
    EXPECT_NEAR(evidence.std().item<double>(), sd, kSigmas * sd / std::sqrt(2 * n));
  }
}

TEST(DelayedResponse, TheAnswerIsThePlaceThatWasShown) {
  const Trials trials(settings_of("delayed_response"));
  const auto place = direction(trials.shown("cue").narrow(1, 0, 24), 8);
  EXPECT_TRUE(at::equal(trials.asked("response"), place + 1));
  const auto response = trials.at("response");
  const auto fixation = trials.batch.x.select(2, 24);
  EXPECT_TRUE(everywhere(fixation.narrow(0, 0, response.begin).eq(1)));
  EXPECT_TRUE(everywhere(trials.shown("response").eq(0)));
  EXPECT_TRUE(everywhere(trials.batch.y.narrow(0, 0, response.begin).eq(0)));
  EXPECT_TRUE(everywhere(trials.shown("delay").narrow(1, 0, 24).eq(0)));
  expect_answer_after_grace(trials, "response", 3);
}

TEST(FlipFlop, EveryChannelHoldsItsLastPulse) {
  auto settings = settings_of("flip_flop");
  settings.pulse_probability = 0.2;
  const Trials trials(settings);
  const auto& x = trials.batch.x;
  EXPECT_TRUE(everywhere(x[0].ne(0))) << "the first step has a pulse in every channel";
  EXPECT_TRUE(everywhere(x.eq(0).logical_or(x.abs().eq(1))));
  auto held = at::zeros_like(x[0]);
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    held = at::where(x[t].eq(0), held, x[t]);
    ASSERT_TRUE(at::equal(trials.batch.y[t], held)) << "step " << t;
  }
  expect_share(x.narrow(0, 1, x.size(0) - 1).ne(0), 0.2);
  expect_share(x.masked_select(x.ne(0)).gt(0), 0.5);
  EXPECT_TRUE(everywhere(trials.batch.scored.eq(1)));
}

TEST(Adding, OneNumberOfEachHalfIsMarkedAndTheirSumIsAskedForAtTheEnd) {
  auto settings = settings_of("adding");
  settings.steps = 31;
  const Trials trials(settings);
  const auto numbers = trials.batch.x.select(2, 0), marks = trials.batch.x.select(2, 1);
  EXPECT_TRUE(everywhere(marks.eq(0).logical_or(marks.eq(1))));
  EXPECT_TRUE(everywhere(marks.narrow(0, 0, 15).sum(0).eq(1)));
  EXPECT_TRUE(everywhere(marks.narrow(0, 15, 16).sum(0).eq(1)));
  EXPECT_TRUE(everywhere(marks.sum(1).gt(0))) << "every step is marked in some trial";
  EXPECT_TRUE(at::allclose(trials.batch.y[30].select(1, 0), (numbers * marks).sum(0)));
  EXPECT_TRUE(everywhere(numbers.ge(0).logical_and(numbers.lt(1))));
  for (const auto& weights : {trials.batch.mask, trials.batch.scored}) {
    EXPECT_TRUE(everywhere(weights[30].eq(1)));
    EXPECT_TRUE(everywhere(weights.narrow(0, 0, 30).eq(0)));
  }
  settings.steps = 1;
  EXPECT_THAT(data_error_of([&] { make_generated(settings); }), testing::HasSubstr("task.steps must be at least 2"));
}

TEST(CopyMemory, TheSymbolsAreRecalledInOrderAfterTheDelimiter) {
  auto settings = settings_of("copy_memory");
  settings.steps = 7;
  settings.alphabet = 5;
  settings.recall = 3;
  const Trials trials(settings);
  EXPECT_TRUE(everywhere(trials.batch.x.sum(2).eq(1))) << "one input is on at every step";
  const auto on = trials.batch.x.argmax(2);
  EXPECT_EQ(on.size(0), 3 + 7 + 3);
  EXPECT_TRUE(at::equal(trials.batch.y.narrow(0, 10, 3), on.narrow(0, 0, 3) + 1));
  EXPECT_TRUE(everywhere(trials.batch.y.narrow(0, 0, 10).eq(0)));
  EXPECT_TRUE(everywhere(on.narrow(0, 0, 3).lt(5)));
  EXPECT_TRUE(everywhere(on[9].eq(6))) << "the delimiter";
  EXPECT_TRUE(everywhere(on.narrow(0, 3, 6).eq(5)) && everywhere(on.narrow(0, 10, 3).eq(5))) << "blanks";
  EXPECT_TRUE(everywhere(trials.batch.mask.eq(1)));
  EXPECT_TRUE(everywhere(trials.batch.scored.narrow(0, 0, 10).eq(0)) &&
              everywhere(trials.batch.scored.narrow(0, 10, 3).eq(1)));
  EXPECT_EQ(trials.at("symbols").end, 3);
  EXPECT_EQ(trials.at("delay").end, 10);
  EXPECT_EQ(trials.at("recall").end, 13);
}

/// Arjovsky, Shah & Bengio (2016): recall · ln(alphabet) / (steps + 2 · recall), 10 ln 8 / 120 as published.
TEST(CopyMemory, WithoutMemoryTheCrossEntropyIsThePublishedOne) {
  const Trials trials(settings_of("copy_memory"), 10);
  auto logits = at::zeros({120, 10, 9}, at::kDouble);
  logits.narrow(0, 0, 110).select(2, 0).fill_(40);
  logits.narrow(0, 110, 10).select(2, 0).fill_(-40);
  EXPECT_NEAR(loss_of(logits, trials.batch).item<double>(), 10 * std::log(8) / 120, 1e-12);
}

}  // namespace
}  // namespace evobrnn
