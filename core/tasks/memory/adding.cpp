// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/adding.hpp"

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

class Adding final : public GeneratedTask {
 public:
  explicit Adding(const TaskSettings& s)
      : GeneratedTask(s, {s.steps, 2, 1, ScoreKind::mse, {}, "the sum of two marked ones is asked for at the end"}) {
    if (s.steps < 2) throw DataError("task.steps must be at least 2 for the adding problem: two numbers are marked");
  }

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    std::uniform_real_distribution<> number(0, 1);
    for (std::int64_t t = 0; t < settings_.steps; ++t) sample.input(t, 0) = number(random);
    const auto half = settings_.steps / 2, last = settings_.steps - 1;
    const auto first = draw_below(random, half), second = half + draw_below(random, settings_.steps - half);
    sample.input(first, 1) = sample.input(second, 1) = 1;
    sample.value(last, 0) = sample.input(first, 0) + sample.input(second, 0);
    sample.set_mask({"", last, last + 1}, 1);
    sample.set_scored({"", last, last + 1}, 1);
  }
};

}  // namespace

std::shared_ptr<const Task> make_adding(const TaskSettings& settings, DataStore&) {
  return std::make_shared<Adding>(settings);
}

}  // namespace evobrnn
