// SPDX-License-Identifier: Apache-2.0
#include "core/examination.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/clock.hpp"
#include "core/examination/activity.hpp"
#include "core/examination/decoding.hpp"
#include "core/examination/dynamics.hpp"
#include "core/examination/lesions.hpp"
#include "core/examination/memory_curves.hpp"
#include "core/examination/memory_site.hpp"
#include "core/examination/recorder.hpp"
#include "core/examination/training_trace.hpp"
#include "core/tasks/data_task.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kPilotSamples = 128, kShownTimes = 128, kShownUnits = 6;

/// Trajectories of some units: the recording, and a figure of the first sample.
void add_recording(const Subject& subject, const ExaminationOptions& options, Examination& examination) {
  const auto recorder = record_states(subject, options);
  examination.recording = recorder.safetensors();
  const auto delay = subject.delay();

  FigureTable figure{"trajectories",
                     fmt::format("States of some units through the first test sample and its delay, every {} step{}",
                                 recorder.every(), recorder.every() == 1 ? "" : "s"),
                     {"unit", "step"},
                     {},
                     {},
                     {{"end of input", static_cast<double>(delay.begin)}}};
  if (delay.steps() > 0) figure.marks["delay end"] = static_cast<double>(delay.end);
  std::vector<at::Tensor> variables;
  for (const std::string name : {"r", "z", "u", "x_s"}) {
    if (const auto states = recorder.states(name); states.defined()) {
      figure.columns.push_back(name);
      variables.push_back(states);
    }
  }
  const auto times = static_cast<std::int64_t>(recorder.steps().size());
  const auto every = (times + kShownTimes - 1) / kShownTimes;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(kShownUnits, static_cast<std::int64_t>(recorder.units().size()));
       ++i) {
    for (std::int64_t t = 0; t < times; t += every) {
      std::vector<double> row{static_cast<double>(recorder.units()[static_cast<std::size_t>(i)]),
                              static_cast<double>(recorder.steps()[static_cast<std::size_t>(t)])};
      for (const auto& states : variables) row.push_back(states[t][0][i].item<double>());
      figure.rows.push_back(std::move(row));
    }
  }
  examination.figures.push_back(std::move(figure));
}

/// Of a whole training, from the pace of some of its steps.
double training_seconds_of(const TrialSpec& spec, const ExaminationHooks& hooks) {
  constexpr std::int64_t kFirst = 3, kLast = 13;  // the first steps allocate
  double first = 0, seconds = 0;
  bool done = false;
  TrialHooks training;
  training.data = hooks.data;
  training.progress = [&](std::int64_t step, std::int64_t steps, double) {
    if (step == kFirst) first = wall_seconds();
    if (step == std::min(kLast, steps)) {
      done = true;
      seconds = step > kFirst
                    ? (wall_seconds() - first) / static_cast<double>(step - kFirst) * static_cast<double>(steps)
                    : 0;
    }
  };
  training.should_stop = [&] { return done; };
  run_trial(spec, training);
  return seconds;
}

double seconds_of(const std::function<void()>& work) {
  const double begin = wall_seconds();
  work();
  return wall_seconds() - begin;
}

}  // namespace

ExaminationOptions examination_suite(const std::string& name) {
  if (name == "quick") return {};
  if (name != "full") throw std::invalid_argument("no such suite: " + name);
  ExaminationOptions options;
  options.scored_samples = 0;
  options.analysed_samples = 1000;
  options.longest_delay = 3072;
  options.decoded_times = 32;
  options.judged_samples = 4000;
  options.fixed_point_starts = 192;
  options.resamples = 1000;
  options.lesion_draws = 10;
  return options;
}

std::unique_ptr<Examination> examine(const TrialSpec& spec, const std::string& weights,
                                     const ExaminationOptions& options, const ExaminationHooks& hooks) {
  auto examination = std::make_unique<Examination>();
  Subject subject(spec, weights, hooks.data);
  Activity activity;
  const std::vector<std::pair<std::string, std::function<bool()>>> parts = {
      {"memory curves",
       [&] {
         add_score(subject, options, *examination);
         add_memory_curves(subject, options, *examination);
         return true;
       }},
      {"trajectories",
       [&] {
         activity = record_activity(subject, options.analysed_samples, options.longest_delay, options.decoded_times);
         add_traces(activity, options, *examination);
         add_units(subject, activity, *examination);
         add_recording(subject, options, *examination);
         return true;
       }},
      {"decoding",
       [&] {
         add_decoding(activity, *examination);
         add_memory_site(subject, activity, options, *examination);
         return true;
       }},
      {"dynamics",
       [&] {
         add_dynamics(subject, activity, options, *examination);
         return true;
       }},
      {"lesions",
       [&] {
         add_lesions(subject, activity, options, *examination);
         return true;
       }},
      {"training", [&] { return !options.training || add_training_trace(spec, subject, hooks, *examination); }}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (hooks.progress)
      hooks.progress(parts[i].first, static_cast<std::int64_t>(i), static_cast<std::int64_t>(parts.size()));
    if (hooks.should_stop && hooks.should_stop()) return nullptr;
    if (!parts[i].second()) return nullptr;
  }
  const auto delay = subject.delay();
  examination->numbers["time.input_end"] = static_cast<double>(delay.begin);
  if (delay.steps() > 0) examination->numbers["time.delay"] = static_cast<double>(delay.steps());
  if (const auto ms = subject.step_ms()) examination->numbers["time.step_ms"] = *ms;
  examination->numbers["parameters"] = static_cast<double>(subject.network().parameters().values().numel());
  const auto tests = subject.shape().test;
  const auto scored = options.scored_samples > 0 ? std::min(tests, options.scored_samples) : tests;
  examination->numbers["test_samples"] = static_cast<double>(scored);  // that the score is of
  examination->numbers["test_samples_of"] = static_cast<double>(std::max(tests, facts_of(subject.task()).test_of));
  return examination;
}

double examination_seconds(const TrialSpec& spec, const std::string& weights, const ExaminationOptions& options,
                           const ExaminationHooks& hooks, double training_seconds) {
  if (options.training && training_seconds <= 0) training_seconds = training_seconds_of(spec, hooks);
  at::NoGradGuard no_grad;
  const Subject subject(spec, weights, hooks.data);
  const auto steps = static_cast<double>(subject.shape().steps);
  const auto delay = static_cast<double>(options.longest_delay);
  const auto all = static_cast<double>(subject.shape().test);
  const double scored = options.scored_samples > 0 ? std::min(all, static_cast<double>(options.scored_samples)) : all;
  const double analysed = std::min(all, static_cast<double>(options.analysed_samples));
  // Seconds a sample and step, scored and step by step.
  const auto pilot = std::min<std::int64_t>(kPilotSamples, subject.shape().test);
  const auto batch = subject.test_batch(pilot);
  const double values = static_cast<double>(pilot) * steps;
  subject.scores(batch, {});
  const double scoring = seconds_of([&] { subject.scores(batch, {}); }) / values;
  PassOptions recorded;
  recorded.record = [](const State&) {};
  const double stepping = seconds_of([&] { subject.network().run(batch.x, recorded); }) / values;
  const auto in_double = subject.in_double();
  const StateMap map(*in_double, at::zeros({subject.shape().n_in}, at::kDouble));
  const double jacobian = seconds_of([&] { map.jacobian(at::full({map.size()}, 0.3, at::kDouble)); });

  const auto size = static_cast<double>(options.fixed_point_starts);
  const auto some = at::full({options.fixed_point_starts, map.size()}, 0.3, at::kDouble);
  const double step = seconds_of([&] { map(some); });

  const double trained = static_cast<double>(subject.delay().steps());
  double delayed = 0;
  for (const auto blank : delays_up_to(std::max(options.longest_delay, 4 * subject.delay().steps())))
    delayed += steps - trained + static_cast<double>(blank);
  const double curves = scored * (delayed + 60 * steps);
  const double judged = std::min(all, static_cast<double>(options.judged_samples)) * steps * 21;
  const double lesions = analysed * steps * (5 + 3 * static_cast<double>(options.lesion_draws));
  constexpr double kPolishes = 15, kLongRun = 3000;  // as a rule; a polish is a Jacobian and a solution
  return curves * scoring + (analysed * (steps + delay) + judged + lesions) * stepping +
         kPolishes * 2 * size * jacobian + (3 * static_cast<double>(kDescent) + kLongRun) * step +
         (options.training ? 1.2 * training_seconds : 0);
}

}  // namespace evobrnn
