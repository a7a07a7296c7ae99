// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/copy_memory.hpp"

#include <fmt/format.h>

#include "core/tasks/memory/generated.hpp"

namespace evobrnn {
namespace {

std::vector<Period> periods_of(const TaskSettings& s) {
  const auto asked = s.recall + s.steps;
  return {{"symbols", 0, s.recall}, {"delay", s.recall, asked}, {"recall", asked, asked + s.recall}};
}

class CopyMemory final : public GeneratedTask {
 public:
  explicit CopyMemory(const TaskSettings& s)
      : GeneratedTask(s, {s.steps + 2 * s.recall, s.alphabet + 2, s.alphabet + 1, ScoreKind::accuracy, periods_of(s),
                          fmt::format("{} of {} symbols recalled after {}", s.recall, s.alphabet, s.steps)}) {}

 private:
  void draw(std::mt19937_64& random, Sample& sample) const override {
    const auto blank = settings_.alphabet, delimiter = settings_.alphabet + 1;
    const auto asked = settings_.recall + settings_.steps;
    for (std::int64_t i = 0; i < settings_.recall; ++i) {
      const auto symbol = draw_below(random, settings_.alphabet);
      if (i == 0) sample.item = symbol;
      sample.input(i, symbol) = 1;
      sample.labels[static_cast<std::size_t>(asked + i)] = 1 + symbol;
    }
    // The delimiter is the last input before the recall.
    for (auto t = settings_.recall; t < sample.steps; ++t) sample.input(t, t == asked - 1 ? delimiter : blank) = 1;
    sample.set_mask({"", 0, sample.steps}, 1);
    sample.set_scored({"", asked, sample.steps}, 1);
  }
};

}  // namespace

std::shared_ptr<const Task> make_copy_memory(const TaskSettings& settings, DataStore&) {
  return std::make_shared<CopyMemory>(settings);
}

}  // namespace evobrnn
