// SPDX-License-Identifier: Apache-2.0
#include "core/examination/memory_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/examination/decay.hpp"
#include "core/tasks/manipulated.hpp"

namespace evobrnn {
namespace {

/// Sets the manipulation to x.
using Change = std::function<void(TaskSettings& task, double x)>;

class Curves {
 public:
  Curves(const Subject& subject, const ExaminationOptions& options, Examination& examination)
      : subject_(subject), options_(options), examination_(examination) {}

  /// The scores of each sample at each x.
  std::vector<std::vector<double>> add(const std::string& name, const std::string& title, const std::string& x_name,
                                       const std::vector<double>& x, const Change& change) {
    FigureTable figure{name, title, {x_name, "score", "standard error"}, {}};
    std::vector<std::vector<double>> each;
    for (const double value : x) {
      // What the training had of manipulations stays, but for what is changed here.
      auto task = subject_.settings().task;
      if (task.manipulate == "train") task = without_manipulations(task);
      change(task, value);
      each.push_back(subject_.scores(task, options_.scored_samples));
      const auto score = mean_of(each.back());
      figure.rows.push_back({value, score.mean, score.error});
    }
    examination_.figures.push_back(std::move(figure));
    return each;
  }

  /// Over times x the decay of what is above chance.
  void fit(const std::string& name, const std::vector<double>& x, const std::vector<std::vector<double>>& each) {
    if (subject_.shape().score != ScoreKind::accuracy || x.size() < 4) return;
    const auto decay = fit_score_decay(name, x, each, subject_.chance());
    examination_.findings.push_back(fmt::format("Accuracy over blank steps, above the {:.1f} % of chance, {}.",
                                                100 * decay.chance, half_life_text(decay)));
    if (!decay.warning.empty()) examination_.findings.push_back("Warning: " + decay.warning);
    examination_.decays.push_back(decay);
  }

 private:
  const Subject& subject_;
  const ExaminationOptions& options_;
  Examination& examination_;
};

std::vector<double> to_reals(const std::vector<std::int64_t>& integers) { return {integers.begin(), integers.end()}; }

std::vector<double> shares(double from, double step) {
  std::vector<double> list;
  for (int i = 0; from + i * step < 1 + 1e-9; ++i) list.push_back(from + i * step);
  return list;
}

void add_delays(Curves& curves, const Subject& subject, const ExaminationOptions& options) {
  const auto& own = subject.settings().task;
  if (!subject.shape().every_step) {
    const auto x = to_reals(delays_up_to(options.longest_delay));
    curves.fit("blank_delay", x,
               curves.add("blank_delay", "Score when blank steps (zeros) come between the last input and the read-out",
                          "blank steps", x, [&](TaskSettings& task, double steps) {
                            task.blank_delay = own.blank_delay + static_cast<std::int64_t>(steps);
                          }));
    return;
  }
  const bool in_steps = own.name == "copy_memory";
  const auto periods = subject.task().periods();
  const auto delay = std::find_if(periods.begin(), periods.end(),
                                  [](const Period& period) { return period.name.starts_with("delay"); });
  if (delay == periods.end()) return;
  const auto trained = std::max<std::int64_t>(1, delay->end - delay->begin);
  std::vector<double> x;
  for (const auto steps : delays_up_to(std::max(options.longest_delay, 4 * trained))) {
    if (steps > 0) x.push_back(static_cast<double>(steps));
  }
  curves.add("delay", fmt::format("Score when the delay is of another length; it was trained with {} steps", trained),
             "delay, steps", x, [&](TaskSettings& task, double steps) {
               if (in_steps) task.steps = static_cast<std::int64_t>(steps);
               else task.delay_ms = steps * task.dt_ms;
             });
}

}  // namespace

std::vector<std::int64_t> delays_up_to(std::int64_t longest) {
  std::vector<std::int64_t> delays{0};
  for (std::int64_t octave = 1; octave <= longest; octave *= 2) {
    delays.push_back(octave);
    if (const auto half = octave + octave / 2; half > octave && half <= longest) delays.push_back(half);
  }
  if (delays.back() != longest) delays.push_back(longest);
  return delays;
}

void add_memory_curves(const Subject& subject, const ExaminationOptions& options, Examination& examination) {
  Curves curves(subject, options, examination);
  const auto steps = subject.shape().steps;
  add_delays(curves, subject, options);
  curves.add("reset", "Score when the network's state is reset after a share of the sequence",
             "share of the sequence before the reset", shares(0, 0.1),
             [](TaskSettings& task, double x) { task.reset_at = x; });
  curves.add("input_fraction", "Score when only the first part of each sequence is fed, then zeros",
             "share of the sequence that is fed", shares(0.1, 0.1),
             [](TaskSettings& task, double x) { task.input_fraction = x; });
  if (!subject.shape().every_step) {
    std::vector<double> kept;
    for (const double share : shares(0.1, 0.1)) {
      const auto count = std::max(1.0, std::round(share * static_cast<double>(steps)));
      if (kept.empty() || kept.back() != count) kept.push_back(count);
    }
    curves.add("crop", "Score when the sequence is cut off after its first steps, and read out there", "steps kept",
               kept, [](TaskSettings& task, double x) { task.crop = static_cast<std::int64_t>(x); });
  }
  std::vector<double> gaps;
  for (const std::int64_t gap : {0, 1, 2, 4, 8, 16}) {
    if (gap * steps <= std::max<std::int64_t>(options.longest_delay, 4 * steps))
      gaps.push_back(static_cast<double>(gap));
  }
  curves.add("gap", "Score when blank steps come between one input and the next", "blank steps between inputs", gaps,
             [](TaskSettings& task, double x) { task.gap = static_cast<std::int64_t>(x); });
  curves.add("input_noise", "Score when noise is added to every input value", "standard deviation of the noise",
             {0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6}, [](TaskSettings& task, double x) { task.input_noise = x; });
}

}  // namespace evobrnn
