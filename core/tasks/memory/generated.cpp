// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/memory/generated.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "core/random.hpp"
#include "core/reuse.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kTrainSamples = 10000, kTestSamples = 2000;  // where the settings say 0
constexpr double kMostSteps = 1e6;

/// One sample's numbers, [steps, width], to its place in those of a batch, [steps, batch, width].
template <class T, class Number>
void place(const std::vector<Number>& sample, std::int64_t width, std::int64_t b, at::Tensor& all) {
  const auto steps = all.size(0), samples = all.size(1);
  T* out = all.data_ptr<T>() + b * width;
  const Number* number = sample.data();
  for (std::int64_t t = 0; t < steps; ++t, out += samples * width, number += width) {
    for (std::int64_t k = 0; k < width; ++k) out[k] = static_cast<T>(number[k]);
  }
}

void place_reals(const std::vector<double>& sample, std::int64_t width, std::int64_t b, at::Tensor& all) {
  if (all.scalar_type() == at::kDouble) place<double>(sample, width, b, all);
  else place<float>(sample, width, b, all);
}

}  // namespace

std::int64_t Timeline::steps_in(double ms) const { return std::llround(ms / dt_ms_); }

Timeline& Timeline::then(const std::string& name, double ms, const std::string& setting, bool may_be_empty) {
  const auto begin = steps();
  if (static_cast<double>(begin) + ms / dt_ms_ > kMostSteps)
    throw DataError(fmt::format("{} = {} ms in steps of task.dt_ms = {} ms makes a trial of over {:.0f} steps", setting,
                                ms, dt_ms_, kMostSteps));
  const auto length = steps_in(ms);
  if (length == 0 && (ms > 0 || !may_be_empty))
    throw DataError(fmt::format("{} = {} ms is shorter than half a step of task.dt_ms = {} ms", setting, ms, dt_ms_));
  periods_.push_back({name, begin, begin + length});
  return *this;
}

const Period& Timeline::at(const std::string& name) const {
  const auto found = std::find_if(periods_.begin(), periods_.end(), [&](const Period& p) { return p.name == name; });
  if (found == periods_.end()) throw std::out_of_range("no period named " + name);
  return *found;
}

void Sample::add_input(const Period& period, std::int64_t i, double value) {
  for (auto t = period.begin; t < period.end; ++t) input(t, i) += value;
}

void Sample::set_label(const Period& period, std::int64_t label) {
  std::fill(labels.begin() + period.begin, labels.begin() + period.end, label);
}

void Sample::set_mask(const Period& period, double weight) {
  std::fill(mask.begin() + period.begin, mask.begin() + period.end, weight);
}

void Sample::set_scored(const Period& period, double weight) {
  std::fill(scored.begin() + period.begin, scored.begin() + period.end, weight);
}

GeneratedTask::GeneratedTask(const TaskSettings& settings, const TaskDesign& design)
    : settings_(settings), periods_(design.periods) {
  shape_.steps = design.steps;
  shape_.n_in = design.n_in;
  shape_.n_out = design.n_out;
  shape_.train = settings.train_samples > 0 ? settings.train_samples : kTrainSamples;
  shape_.validation = settings.validation_samples;
  shape_.test = settings.test_samples > 0 ? settings.test_samples : kTestSamples;
  shape_.score = design.score;
  shape_.every_step = true;
  shape_.sequence = fmt::format("T = {} steps of {} values, {}", design.steps, design.n_in, design.text);
}

void GeneratedTask::fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype,
                         Batch& batch) const {
  const auto [steps, n_in, n_out] = std::tuple(shape_.steps, shape_.n_in, shape_.n_out);
  const auto count = static_cast<std::int64_t>(indices.size());
  const bool classes = shape_.score == ScoreKind::accuracy;
  batch.lengths = batch.reset = batch.item = at::Tensor();
  reuse(batch.x, {steps, count, n_in}, dtype);
  if (classes) reuse(batch.y, {steps, count}, at::kLong);
  else reuse(batch.y, {steps, count, n_out}, dtype);
  for (auto* weights : {&batch.mask, &batch.scored}) reuse(*weights, {steps, count}, dtype);

  const auto of_part = derived_seed(static_cast<std::uint64_t>(settings_.data_seed), static_cast<std::uint64_t>(part));
  Sample sample;
  sample.steps = steps;
  sample.n_in = n_in;
  sample.n_out = n_out;
  std::vector<std::int64_t> items;
  const auto size = [](std::int64_t v) { return static_cast<std::size_t>(v); };
  for (std::int64_t b = 0; b < count; ++b) {
    std::mt19937_64 random(derived_seed(of_part, static_cast<std::uint64_t>(indices[size(b)])));
    sample.x.assign(size(steps * n_in), 0);
    if (classes) sample.labels.assign(size(steps), 0);
    else sample.values.assign(size(steps * n_out), 0);
    sample.mask.assign(size(steps), 0);
    sample.scored.assign(size(steps), 0);
    sample.item = -1;
    draw(random, sample);
    items.push_back(sample.item);
    place_reals(sample.x, n_in, b, batch.x);
    if (classes) place<std::int64_t>(sample.labels, 1, b, batch.y);
    else place_reals(sample.values, n_out, b, batch.y);
    place_reals(sample.mask, 1, b, batch.mask);
    place_reals(sample.scored, 1, b, batch.scored);
  }
  if (std::find(items.begin(), items.end(), -1) == items.end()) batch.item = at::tensor(items, at::kLong);
}

void add_direction(Sample& sample, const Period& period, const TaskSettings& settings, std::int64_t direction,
                   std::int64_t first) {
  const double turn = 2 * std::numbers::pi;
  const double theta = turn * static_cast<double>(direction) / static_cast<double>(settings.directions);
  for (std::int64_t i = 0; i < settings.input_units; ++i) {
    const double preferred = turn * static_cast<double>(i) / static_cast<double>(settings.input_units);
    sample.add_input(period, first + i,
                     settings.tuning_height * std::exp(settings.tuning_width * (std::cos(theta - preferred) - 1)));
  }
}

std::int64_t draw_below(std::mt19937_64& random, std::int64_t below) {
  return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random);
}

bool draw_chance(std::mt19937_64& random, double probability) {
  return std::uniform_real_distribution<>(0, 1)(random) < probability;
}

std::string timing_text(const Timeline& timeline, const TaskSettings& settings) {
  std::string text = fmt::format("dt = {} ms:", settings.dt_ms);
  for (const auto& period : timeline.periods()) {
    text += fmt::format("{} {} {:g}", &period == &timeline.periods().front() ? "" : ",", period.name,
                        static_cast<double>(period.end - period.begin) * settings.dt_ms);
  }
  return text + " ms";
}

}  // namespace evobrnn
