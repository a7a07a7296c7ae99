// SPDX-License-Identifier: Apache-2.0
#include "core/learning/trainer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/clock.hpp"
#include "core/examination/spectral_health.hpp"
#include "core/learning/objective.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

/// Whether every number that the network sees or is to answer is finite.
bool finite(const Batch& batch) {
  return batch.x.isfinite().all().item<bool>() && batch.y.isfinite().all().item<bool>();
}

std::vector<std::int64_t> first_samples(std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

std::int64_t budget(const TrainSettings& settings, const Task& task) {
  return settings.samples > 0 ? settings.samples : settings.epochs * task.shape().train;
}

}  // namespace

at::ScalarType to_dtype(const std::string& precision) { return precision == "float64" ? at::kDouble : at::kFloat; }

Trainer::Trainer(Network& network, const Task& task, const TrainSettings& settings, const Seeds& seeds,
                 const TrialHooks& hooks, const Checkpoints& checkpoints, const PeakMemory& memory)
    : network_(network),
      task_(task),
      settings_(settings),
      seeds_(seeds),
      hooks_(hooks),
      dtype_(to_dtype(settings.precision)),
      device_(settings.device),
      checkpoints_(checkpoints),
      memory_(memory),
      started_(awake_seconds()),
      cpu_started_(thread_cpu_seconds()),
      step_(network, settings, make_generator(seeds.noise)),
      order_(task.shape().train, settings.batch, budget(settings, task), make_generator(seeds.order)) {}

TrialResult Trainer::train() {
  if (!restore()) {
    examine("initial_");
    if (hooks_.snapshot) hooks_.snapshot(0, network_.save());
  }
  // A checkpoint may lie between a step and its validation, so every round begins with what is due.
  while (!(validation_due() && !validate()) && !ended() && !interrupted()) {
    if (!train_batch()) return result_;
    if (checkpoints_.due()) save();
  }
  if (!result_.cause.empty()) {
    if (result_.status == TrialStatus::cancelled && result_.cost.steps > 0) save();
    return result_;
  }

  const auto& end = result_.curve.back();
  result_.status = TrialStatus::ok;
  result_.score = best_weights_.defined() ? best_score_ : end.validation_score;
  result_.metrics["train_loss"] = end.train_loss;
  result_.metrics["validation_loss"] = end.validation_loss;
  if (best_weights_.defined()) {
    at::NoGradGuard no_grad;
    network_.parameters().values().copy_(best_weights_);
  }
  examine("");
  return result_;
}

bool Trainer::train_batch() {
  const auto at_step = result_.cost.steps, steps = order_.batches();
  const auto& indices = order_.next();
  const double loss = step_(load(Part::train, indices), learning_rate(settings_, at_step, steps));
  if (!std::isfinite(loss)) {
    if (!nan_input(Part::train, indices))
      diverge(fmt::format("loss or gradient became infinite or NaN at step {} of {}", at_step + 1, steps));
    return false;
  }
  ++result_.cost.steps;
  result_.cost.samples += static_cast<std::int64_t>(indices.size());
  since_last_.total += loss;
  ++since_last_.steps;
  if (hooks_.progress) hooks_.progress(at_step + 1, steps, loss);
  return true;
}

bool Trainer::validation_due() const {
  const auto step = result_.cost.steps;
  if (step == 0 || (!result_.curve.empty() && result_.curve.back().step == step)) return false;
  const auto every = settings_.validate_every > 0 ? settings_.validate_every : order_.batches_per_epoch();
  return step == order_.batches() || step % every == 0;
}

bool Trainer::ended() const {
  return result_.cost.steps == order_.batches() ||
         (settings_.patience > 0 && without_improvement_ >= settings_.patience);
}

bool Trainer::validate() {
  const auto score = evaluate(Part::validation);
  if (!score) return false;
  if (!std::isfinite(score->loss)) {
    if (!nan_input(Part::validation, first_samples(task_.shape().validation)))
      diverge(fmt::format("validation loss became infinite or NaN at step {}", result_.cost.steps));
    return false;
  }
  result_.curve.push_back({result_.cost.steps, result_.cost.samples,
                           since_last_.total / static_cast<double>(since_last_.steps), score->loss, score->score});
  since_last_ = {};
  if (hooks_.snapshot) hooks_.snapshot(result_.cost.steps, network_.save());
  if (settings_.patience == 0) return true;
  if (!best_weights_.defined() || score->score > best_score_) {
    best_score_ = score->score;
    best_weights_ = network_.parameters().values().clone();
    without_improvement_ = 0;
  } else {
    ++without_improvement_;
  }
  return true;
}

std::optional<Score> Trainer::evaluate(Part part, std::int64_t divisor) {
  at::NoGradGuard no_grad;
  const auto shape = task_.shape();
  const auto size = part == Part::train ? shape.train : part == Part::validation ? shape.validation : shape.test;
  Tally tally;
  const auto noise = make_generator(seeds_.test_noise);
  // Longer sequences, beside the input as it was, in no more memory.
  const auto together = divisor > 1 ? std::max<std::int64_t>(1, kEvaluationBatch / (2 * divisor)) : kEvaluationBatch;
  for (std::int64_t first = 0; first < size; first += together) {
    if (interrupted()) return std::nullopt;
    std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(together, size - first)));
    std::iota(indices.begin(), indices.end(), first);
    const auto& batch = load(part, indices);
    // An infinite input saturates a network, whose answer is a number then. In training its gradient is none.
    if (!std::isfinite(batch.x.sum().item<double>())) {
      if (nan_input(part, indices)) return std::nullopt;
      load(part, indices);  // all are numbers, and only their sum is none
    }
    auto options = pass_options(batch);
    options.noise = noise;
    options.divide_steps = divisor;
    tally.add(network_.run(batch.x, options).outputs, batch);
  }
  return Score{tally.loss(), tally.score()};
}

bool Trainer::interrupted() {
  if (hooks_.should_stop && hooks_.should_stop()) {
    result_.status = TrialStatus::cancelled;
    result_.cause = "cancelled";
  } else if (settings_.time_limit > 0 &&
             result_.cost.wall_seconds + awake_seconds() - started_ > settings_.time_limit) {
    result_.status = TrialStatus::timeout;
    result_.cause = fmt::format("ran over its time limit of {} s at step {}", settings_.time_limit, result_.cost.steps);
  } else if (hooks_.memory_limit > 0 && memory_.bytes() > hooks_.memory_limit) {
    result_.status = TrialStatus::out_of_memory;
    const auto megabytes = [](std::int64_t bytes) { return 1e-6 * static_cast<double>(bytes); };
    result_.cause = fmt::format("held {:.1f} MB in tensors by step {}, over the limit of {:.1f}",
                                megabytes(memory_.bytes()), result_.cost.steps, megabytes(hooks_.memory_limit));
  }
  return !result_.cause.empty();
}

bool Trainer::nan_input(Part part, const std::vector<std::int64_t>& indices) {
  const auto odd =
      std::find_if(indices.begin(), indices.end(), [&](std::int64_t i) { return !finite(load(part, {i})); });
  if (odd == indices.end()) return false;
  const auto* name = part == Part::train ? "training" : part == Part::validation ? "validation" : "test";
  result_.status = TrialStatus::nan_input;
  result_.cause = fmt::format("sample {} of the {} part holds NaN or infinity; seen by step {}", *odd, name,
                              result_.cost.steps + (part == Part::train ? 1 : 0));
  return true;
}

void Trainer::diverge(const std::string& what) {
  result_.status = TrialStatus::diverged;
  result_.cause = what;
}

void Trainer::examine(const std::string& prefix) {
  const auto indices = first_samples(std::min(kExaminationBatch, task_.shape().validation));
  const auto& batch = load(Part::validation, indices);
  result_.metrics.merge(to_metrics(examine_spectrum(network_, batch.x, pass_options(batch)), prefix));
}

const Batch& Trainer::load(Part part, const std::vector<std::int64_t>& indices) {
  task_.fill(part, indices, dtype_, batch_);
  for (auto* tensor : {&batch_.x, &batch_.y, &batch_.mask, &batch_.scored, &batch_.lengths, &batch_.reset}) {
    if (tensor->defined()) *tensor = tensor->to(device_);
  }
  return batch_;
}

}  // namespace evobrnn
