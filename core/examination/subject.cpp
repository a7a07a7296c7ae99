// SPDX-License-Identifier: Apache-2.0
#include "core/examination/subject.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/learning/objective.hpp"
#include "core/learning/trainer.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

constexpr std::uint64_t kTestNoise = 11;  // purpose of a derived seed
constexpr std::int64_t kChanceSamples = 2000, kDelaySamples = 256;

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), first);
  return list;
}

/// The right answers, or negative errors, of each sequence.
at::Tensor each_score(const at::Tensor& outputs, const Batch& batch) {
  const auto right = batch.y.scalar_type() == at::kLong ? outputs.argmax(-1).eq(batch.y).to(at::kDouble)
                                                        : -(outputs - batch.y).square().mean(-1).to(at::kDouble);
  if (!batch.mask.defined()) return right;
  const auto weight = (batch.scored.defined() ? batch.scored : batch.mask).to(at::kDouble);
  return (right * weight).sum(0) / weight.sum(0).clamp_min(1e-12);
}

}  // namespace

Subject::Subject(const TrialSpec& spec, const std::string& weights, std::shared_ptr<DataStore> data)
    : settings_(spec.settings), data_(data ? std::move(data) : make_data_store()) {
  task_ = make_task(settings_.task, *data_);
  shape_ = task_->shape();
  network_ = std::make_unique<Network>(
      settings_.model, NetworkContext{shape_.n_in, shape_.n_out, to_dtype(settings_.train.precision), at::kCPU,
                                      spec.seed, to_path(settings_.core.path)});
  network_->load(weights);
}

std::vector<double> Subject::scores(const TaskSettings& settings, std::int64_t samples) const {
  const auto task = make_task(settings, *data_);
  const auto all = task->shape().test;
  const auto count = samples > 0 ? std::min(samples, all) : all;
  std::vector<double> scores;
  for (std::int64_t first = 0; first < count; first += kEvaluationBatch) {
    const auto batch = task->batch(Part::test, numbers(first, std::min(kEvaluationBatch, count - first)),
                                   to_dtype(settings_.train.precision));
    const auto part = scores_of(batch, {}, derived_seed(kTestNoise, static_cast<std::uint64_t>(first)));
    scores.insert(scores.end(), part.begin(), part.end());
  }
  return scores;
}

std::vector<double> Subject::scores(const Batch& batch, PassOptions options) const {
  return scores_of(batch, std::move(options), derived_seed(kTestNoise, 0));
}

std::vector<double> Subject::scores_of(const Batch& batch, PassOptions options, std::uint64_t noise) const {
  at::NoGradGuard no_grad;
  const auto asked = pass_options(batch);
  options.every_step = asked.every_step;
  options.lengths = asked.lengths;
  options.reset = asked.reset;
  options.noise = make_generator(noise);
  const auto each = each_score(network_->run(batch.x, options).outputs, batch).contiguous();
  return {each.data_ptr<double>(), each.data_ptr<double>() + each.numel()};
}

TrainedDelay Subject::delay() const {
  for (const auto& period : task_->periods()) {
    if (period.name.starts_with("delay")) return {period.begin, period.end, true};
  }
  const auto& task = settings_.task;
  const auto tested = task.manipulate == "train" ? 0 : task.blank_delay;
  const auto end = test_batch(1).x.size(0) - tested;
  return {end, end + (task.manipulate == "test" ? 0 : task.blank_delay), false};
}

at::Tensor Subject::delay_input() const {
  const auto delay = this->delay();
  const auto x = test_batch(kDelaySamples).x;
  if (!delay.own || delay.steps() == 0) return at::zeros({x.size(2)}, x.options());
  // The last step may ask for the answer already.
  const auto steps = std::max<std::int64_t>(1, delay.steps() - 1);
  return x.narrow(0, delay.begin, steps).mean(at::IntArrayRef({0, 1}));
}

bool Subject::reads(const std::string& path) const {
  const auto& all = tasks();
  const auto entry = std::find_if(all.begin(), all.end(),
                                  [this](const TaskEntry& task) { return task.about.name == settings_.task.name; });
  return evobrnn::reads(entry->about, path);
}

std::optional<double> Subject::step_ms() const {
  return reads("task.dt_ms") ? std::optional(settings_.task.dt_ms) : std::nullopt;
}

Batch Subject::test_batch(std::int64_t samples) const {
  return task_->batch(Part::test, numbers(0, std::min(samples, shape_.test)), to_dtype(settings_.train.precision));
}

at::Tensor Subject::items(const Batch& batch) {
  if (batch.item.defined()) return batch.item;
  return batch.y.scalar_type() == at::kLong && batch.y.dim() == 1 ? batch.y : at::Tensor();
}

double Subject::chance() const {
  if (shape_.score != ScoreKind::accuracy) return 0;
  const auto batch = test_batch(kChanceSamples);
  auto weight = at::ones_like(batch.y, at::kDouble);
  if (batch.mask.defined()) weight = (batch.scored.defined() ? batch.scored : batch.mask).to(at::kDouble);
  const auto counts = at::bincount(batch.y.reshape({-1}), weight.reshape({-1}), shape_.n_out);
  return (counts.max() / counts.sum()).item<double>();
}

std::unique_ptr<Network> Subject::in_double() const {
  auto copy = std::make_unique<Network>(
      settings_.model, NetworkContext{shape_.n_in, shape_.n_out, at::kDouble, at::kCPU, 0, Path::reference});
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : network_->parameters().named()) copy->parameters().at(name).copy_(tensor);
  return copy;
}

double time_constant(double kept) { return -1 / std::log(kept); }

Mean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

}  // namespace evobrnn
