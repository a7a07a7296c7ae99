// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/context_integration.hpp"

#include <array>
#include <cmath>

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

enum Answer : std::int64_t { kHold, kLeft, kRight, kAnswers };
constexpr std::int64_t kModalities = 2;  // motion, colour
constexpr std::int64_t kInputs = 3 * kModalities;
constexpr std::array<double, 3> kCoherences = {1, 3, 10};  // %
constexpr double kCoherenceScale = 5;

Timeline timeline_of(const TaskSettings& s) {
  Timeline timeline(s.dt_ms);
  timeline.then("fixation", s.fixation_ms, "task.fixation_ms", true)
      .then("stimulus", s.sample_ms, "task.sample_ms", false)
      .then("delay", s.delay_ms, "task.delay_ms", true)
      .then("decision", s.response_ms, "task.response_ms", false);
  return timeline;
}

class ContextIntegration final : public GeneratedTask {
 public:
  ContextIntegration(const TaskSettings& settings, Timeline timeline)
      : GeneratedTask(settings, {timeline.steps(), kInputs, kAnswers, ScoreKind::accuracy, timeline.periods(),
                                 timing_text(timeline, settings)}),
        timeline_(std::move(timeline)) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    const auto& stimulus = timeline_.at("stimulus");
    const auto context = draw_below(random, kModalities);
    sample.add_input(stimulus, context, 1);
    auto answer = kHold;
    for (std::int64_t modality = 0; modality < kModalities; ++modality) {
      const bool left = draw_chance(random, 0.5);
      const double coherence = kCoherences[static_cast<std::size_t>(draw_below(random, kCoherences.size()))];
      const double evidence = (left ? 1 : -1) * kCoherenceScale * coherence / 100;
      sample.add_input(stimulus, 2 + 2 * modality, (1 + evidence) / 2);
      sample.add_input(stimulus, 3 + 2 * modality, (1 - evidence) / 2);
      if (modality == context) answer = left ? kLeft : kRight;
    }
    if (const double sd = settings_.evidence_noise / std::sqrt(settings_.dt_ms); sd > 0) {
      std::normal_distribution<> noise(0, sd);
      for (auto t = stimulus.begin; t < stimulus.end; ++t) {
        for (std::int64_t i = kModalities; i < kInputs; ++i) sample.input(t, i) += noise(random);
      }
    }
    const auto& decision = timeline_.at("decision");
    sample.set_label(decision, answer);
    sample.set_mask(timeline_.at("fixation"), 1);
    sample.set_mask(decision, 1);
    sample.set_scored(decision, 1);
  }

  const Timeline timeline_;
};

}  // namespace

std::shared_ptr<const Task> make_context_integration(const TaskSettings& settings, DataStore&) {
  return std::make_shared<ContextIntegration>(settings, timeline_of(settings));
}

}  // namespace evobrnn
