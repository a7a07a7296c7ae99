// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/flip_flop.hpp"

#include <fmt/format.h>

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

class FlipFlop final : public GeneratedTask {
 public:
  explicit FlipFlop(const TaskSettings& s)
      : GeneratedTask(s, {s.steps,
                          s.bits,
                          s.bits,
                          ScoreKind::mse,
                          {},
                          fmt::format("pulses with probability {}", s.pulse_probability)}) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    for (std::int64_t bit = 0; bit < settings_.bits; ++bit) {
      double held = 0;
      for (std::int64_t t = 0; t < settings_.steps; ++t) {
        if (t == 0 || draw_chance(random, settings_.pulse_probability)) {
          held = draw_chance(random, 0.5) ? 1 : -1;
          sample.input(t, bit) = held;
        }
        sample.value(t, bit) = held;
      }
    }
    const Period all{"", 0, settings_.steps};
    sample.set_mask(all, 1);
    sample.set_scored(all, 1);
  }
};

}  // namespace

std::shared_ptr<const Task> make_flip_flop(const TaskSettings& settings, DataStore&) {
  return std::make_shared<FlipFlop>(settings);
}

}  // namespace evobrnn
