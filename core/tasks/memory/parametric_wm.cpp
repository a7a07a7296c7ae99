// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/parametric_wm.hpp"

#include <array>

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

enum Answer : std::int64_t { kHold, kFirst, kSecond, kAnswers };
constexpr std::array<std::pair<double, double>, 5> kPairs = {{{18, 10}, {22, 14}, {26, 18}, {30, 22}, {34, 26}}};  // Hz
constexpr double kSlowest = 10, kFastest = 34;

double scaled(double share) { return 0.2 + 0.8 * share; }

Timeline timeline_of(const TaskSettings& s) {
  Timeline timeline(s.dt_ms);
  timeline.then("fixation", s.fixation_ms, "task.fixation_ms", true)
      .then("first", s.sample_ms, "task.sample_ms", false)
      .then("delay", s.delay_ms, "task.delay_ms", true)
      .then("second", s.test_ms, "task.test_ms", false)
      .then("decision", s.response_ms, "task.response_ms", false);
  return timeline;
}

class ParametricMemory final : public GeneratedTask {
 public:
  ParametricMemory(const TaskSettings& settings, Timeline timeline)
      : GeneratedTask(settings, {timeline.steps(), 2, kAnswers, ScoreKind::accuracy, timeline.periods(),
                                 timing_text(timeline, settings)}),
        timeline_(std::move(timeline)) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    const auto pair = draw_below(random, kPairs.size());
    const auto& [fast, slow] = kPairs[static_cast<std::size_t>(pair)];
    const bool first_faster = draw_chance(random, 0.5);
    sample.item = 2 * pair + (first_faster ? 0 : 1);
    show(sample, "first", first_faster ? fast : slow);
    show(sample, "second", first_faster ? slow : fast);
    const auto& decision = timeline_.at("decision");
    sample.set_label(decision, first_faster ? kFirst : kSecond);
    sample.set_mask(timeline_.at("fixation"), 1);
    sample.set_mask(decision, 1);
    sample.set_scored(decision, 1);
  }

  void show(Sample& sample, const std::string& period, double frequency) const {
    const double share = (frequency - kSlowest) / (kFastest - kSlowest);
    sample.add_input(timeline_.at(period), 0, scaled(share));
    sample.add_input(timeline_.at(period), 1, scaled(1 - share));
  }

  const Timeline timeline_;
};

}  // namespace

std::shared_ptr<const Task> make_parametric_wm(const TaskSettings& settings, DataStore&) {
  return std::make_shared<ParametricMemory>(settings, timeline_of(settings));
}

}  // namespace evobrnn
