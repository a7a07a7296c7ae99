// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/delayed_response.hpp"

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

Timeline timeline_of(const TaskSettings& s) {
  Timeline timeline(s.dt_ms);
  timeline.then("fixation", s.fixation_ms, "task.fixation_ms", true)
      .then("cue", s.sample_ms, "task.sample_ms", false)
      .then("delay", s.delay_ms, "task.delay_ms", true)
      .then("response", s.response_ms, "task.response_ms", false);
  return timeline;
}

class DelayedResponse final : public GeneratedTask {
 public:
  DelayedResponse(const TaskSettings& settings, Timeline timeline)
      : GeneratedTask(settings, {timeline.steps(), settings.input_units + 1, settings.directions + 1,
                                 ScoreKind::accuracy, timeline.periods(), timing_text(timeline, settings)}),
        timeline_(std::move(timeline)) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    const auto& response = timeline_.at("response");
    const auto place = draw_below(random, settings_.directions);
    sample.item = place;
    add_direction(sample, timeline_.at("cue"), settings_, place, 0);
    sample.add_input({"", 0, response.begin}, settings_.input_units, 1);
    sample.set_label(response, 1 + place);
    sample.set_mask({"", 0, timeline_.steps()}, 1);
    const auto grace = std::min(response.end - response.begin - 1, timeline_.steps_in(settings_.grace_ms));
    sample.set_mask({"", response.begin, response.begin + grace}, 0);
    sample.set_scored({"", response.begin + grace, response.end}, 1);
  }

  const Timeline timeline_;
};

}  // namespace

std::shared_ptr<const Task> make_delayed_response(const TaskSettings& settings, DataStore&) {
  return std::make_shared<DelayedResponse>(settings, timeline_of(settings));
}

}  // namespace evobrnn
