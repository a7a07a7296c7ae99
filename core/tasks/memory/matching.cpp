// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/matching.hpp"

#include <fmt/format.h>

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

enum Answer : std::int64_t { kFixation, kNonMatch, kMatch, kAnswers };
constexpr double kMatchProbability = 0.5;

/// Any of 0 … below − 1 but `excluded`.
std::int64_t draw_other(std::mt19937_64& random, std::int64_t below, std::int64_t excluded) {
  const auto drawn = draw_below(random, below - 1);
  return drawn < excluded ? drawn : drawn + 1;
}

class MatchingTask : public GeneratedTask {
 protected:
  MatchingTask(const TaskSettings& settings, Timeline timeline)
      : GeneratedTask(settings, {timeline.steps(), settings.input_units, kAnswers, ScoreKind::accuracy,
                                 timeline.periods(), timing_text(timeline, settings)}),
        timeline_(std::move(timeline)) {}

  /// Shows the direction and asks for the answer, but for the grace at the beginning, which counts nowhere.
  void test(Sample& sample, const Period& period, std::int64_t direction, bool match) const {
    add_direction(sample, period, settings_, direction, 0);
    sample.set_label(period, match ? kMatch : kNonMatch);
    const auto grace = std::min(period.end - period.begin - 1, timeline_.steps_in(settings_.grace_ms));
    sample.set_mask({"", period.begin, period.begin + grace}, 0);
    sample.set_scored({"", period.begin + grace, period.end}, 1);
  }

  const Timeline timeline_;
};

Timeline delayed_match(const TaskSettings& s) {
  Timeline timeline(s.dt_ms);
  timeline.then("fixation", s.fixation_ms, "task.fixation_ms", true)
      .then("sample", s.sample_ms, "task.sample_ms", false)
      .then("delay", s.delay_ms, "task.delay_ms", true)
      .then("test", s.test_ms, "task.test_ms", false);
  return timeline;
}

class DelayedMatch final : public MatchingTask {
 public:
  DelayedMatch(const TaskSettings& settings, bool by_category)
      : MatchingTask(settings, delayed_match(settings)), by_category_(by_category) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    const auto directions = settings_.directions;
    const auto shown = draw_below(random, directions);
    const bool match = draw_chance(random, kMatchProbability);
    auto tested = shown;
    if (by_category_) {
      const auto half = directions / 2, place = shown % half, category = shown / half;
      tested =
          match ? category * half + draw_other(random, half, place) : (1 - category) * half + draw_below(random, half);
    } else if (!match) {
      tested = draw_other(random, directions, shown);
    }
    sample.set_mask({"", 0, timeline_.steps()}, 1);
    sample.item = by_category_ ? shown / (directions / 2) : shown;
    add_direction(sample, timeline_.at("sample"), settings_, shown, 0);
    test(sample, timeline_.at("test"), tested, match);
  }

  const bool by_category_;
};

std::string numbered(const std::string& name, std::int64_t number) { return fmt::format("{} {}", name, number); }

Timeline sequence_of_tests(const TaskSettings& s) {
  Timeline timeline(s.dt_ms);
  timeline.then("fixation", s.fixation_ms, "task.fixation_ms", true)
      .then("sample", s.sample_ms, "task.sample_ms", false);
  for (std::int64_t i = 1; i <= s.tests; ++i) {
    timeline.then(numbered("delay", i), s.delay_ms, "task.delay_ms", true)
        .then(numbered("test", i), s.test_ms, "task.test_ms", false);
  }
  return timeline;
}

class Abba final : public MatchingTask {
 public:
  explicit Abba(const TaskSettings& settings) : MatchingTask(settings, sequence_of_tests(settings)) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    const auto shown = draw_below(random, settings_.directions);
    sample.item = shown;
    add_direction(sample, timeline_.at("sample"), settings_, shown, 0);
    sample.set_mask({"", 0, timeline_.steps()}, 1);
    auto distractor = shown;  // none yet
    for (std::int64_t i = 1; i <= settings_.tests; ++i) {
      const auto& period = timeline_.at(numbered("test", i));
      if (draw_chance(random, kMatchProbability)) {
        test(sample, period, shown, true);
        sample.set_mask({"", period.end, timeline_.steps()}, 0);
        return;
      }
      const bool repeated = distractor != shown && draw_chance(random, settings_.repeat_probability);
      if (!repeated) distractor = draw_other(random, settings_.directions, shown);
      test(sample, period, distractor, false);
    }
  }
};

}  // namespace

std::shared_ptr<const Task> make_dms(const TaskSettings& settings, DataStore&) {
  return std::make_shared<DelayedMatch>(settings, false);
}

std::shared_ptr<const Task> make_dmc(const TaskSettings& settings, DataStore&) {
  if (settings.directions < 4 || settings.directions % 2 != 0)
    throw DataError(fmt::format("task.directions = {}: dmc needs an even number of at least 4, half in each category",
                                settings.directions));
  return std::make_shared<DelayedMatch>(settings, true);
}

std::shared_ptr<const Task> make_abba(const TaskSettings& settings, DataStore&) {
  return std::make_shared<Abba>(settings);
}

}  // namespace evobrnn
