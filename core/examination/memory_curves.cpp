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
                                       const std::vector<double>& x, const Change& change,
                                       std::map<std::string, double> marks = {}) {
    FigureTable figure{name, title, {x_name, "score", "standard error"}, {}, {}, std::move(marks)};
    if (subject_.shape().score == ScoreKind::accuracy) figure.marks["chance"] = subject_.chance();
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

  /// The decay of what is above chance, from the trained delay on: before it there need be nothing to forget yet.
  /// `x`: the whole delays.
  void fit(const std::string& name, std::vector<double> x, std::vector<std::vector<double>> each, double trained) {
    const auto first = std::find(x.begin(), x.end(), trained);
    each.erase(each.begin(), each.begin() + (first - x.begin()));
    x.erase(x.begin(), first);
    if (subject_.shape().score != ScoreKind::accuracy || x.size() < 4) return;
    const auto decay = fit_score_decay(name, x, each, subject_.chance());
    examination_.findings.push_back(
        fmt::format("Accuracy over {}, above the {:.1f} % of chance, {}.",
                    trained > 0 ? fmt::format("delays beyond the trained one of {:.0f} steps", trained) : "blank steps",
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

/// Blank steps between the last input and the read-out, those of the trained task among them.
void add_blank_delays(Curves& curves, const Subject& subject, const ExaminationOptions& options) {
  const auto trained = subject.delay().steps();
  const auto x = to_reals(with_delay(delays_up_to(std::max(options.longest_delay, 4 * trained)), trained));
  const auto each = curves.add(
      "blank_delay", "Score when blank steps (zeros) come between the last input and the read-out", "blank steps", x,
      [](TaskSettings& task, double steps) { task.blank_delay = static_cast<std::int64_t>(steps); },
      {{"trained", static_cast<double>(trained)}, {"end of input", 0}});
  curves.fit("blank_delay", x, each, static_cast<double>(trained));
}

/// Other lengths of the delay that the task has, beside the trained one.
void add_own_delays(Curves& curves, const Subject& subject, const ExaminationOptions& options) {
  const bool in_ms = subject.reads("task.delay_ms");
  if (!in_ms && subject.settings().task.name != "copy_memory") return;  // a user's own, whose setting is not known
  // In steps of the task: gaps between inputs stretch the trial, and the delay with it.
  const auto unstretched = make_task(without_manipulations(subject.settings().task), subject.data())->periods();
  const auto delay = std::find_if(unstretched.begin(), unstretched.end(),
                                  [](const Period& period) { return period.name.starts_with("delay"); });
  if (delay == unstretched.end()) return;
  const auto trained = delay->end - delay->begin;
  auto lengths = with_delay(delays_up_to(std::max(options.longest_delay, 4 * trained)), trained);
  if (trained > 0) lengths.erase(lengths.begin());  // without a delay it is another task
  const auto x = to_reals(lengths);
  const auto each = curves.add(
      "delay", fmt::format("Score when the delay is of another length; it was trained with {} steps", trained),
      "delay, steps", x,
      [&](TaskSettings& task, double steps) {
        if (in_ms) task.delay_ms = steps * task.dt_ms;
        else task.steps = static_cast<std::int64_t>(steps);
      },
      {{"trained", static_cast<double>(trained)}});
  curves.fit("delay", x, each, static_cast<double>(trained));
}

void add_delays(Curves& curves, const Subject& subject, const ExaminationOptions& options) {
  if (subject.shape().every_step) add_own_delays(curves, subject, options);
  else add_blank_delays(curves, subject, options);
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

std::vector<std::int64_t> with_delay(std::vector<std::int64_t> delays, std::int64_t one) {
  const auto place = std::lower_bound(delays.begin(), delays.end(), one);
  if (place == delays.end() || *place != one) delays.insert(place, one);
  return delays;
}

void add_score(const Subject& subject, const ExaminationOptions& options, Examination& examination) {
  const auto scores = subject.scores(subject.settings().task, options.scored_samples);
  const auto score = mean_of(scores);
  examination.numbers["score"] = score.mean;
  examination.numbers["score.error"] = score.error;
  examination.numbers["score.samples"] = static_cast<double>(scores.size());
  examination.numbers["score.of"] = static_cast<double>(subject.shape().test);
  examination.numbers["chance"] = subject.chance();
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
