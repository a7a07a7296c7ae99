// SPDX-License-Identifier: Apache-2.0
#include "core/learning/trainer.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "core/learning/optimizer.hpp"
#include "core/learning/sample_order.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kEvaluationBatch = 500;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

at::ScalarType to_dtype(const std::string& precision) { return precision == "float64" ? at::kDouble : at::kFloat; }

Trainer::Trainer(Network& network, const Task& task, const TrainSettings& settings, std::uint64_t order_seed,
                 const TrialHooks& hooks)
    : network_(network),
      task_(task),
      settings_(settings),
      order_seed_(order_seed),
      hooks_(hooks),
      dtype_(to_dtype(settings.precision)),
      device_(settings.device),
      started_(seconds()) {}

TrialResult Trainer::train() {
  Optimizer optimizer(settings_, network_.parameters().values(), network_.parameters().gradients());
  optimizer_ = &optimizer;
  const auto samples = task_.shape().train;
  const auto budget = settings_.samples > 0 ? settings_.samples : settings_.epochs * samples;
  SampleOrder order(samples, settings_.batch, budget, at::make_generator<at::CPUGeneratorImpl>(order_seed_));
  const auto steps = order.batches();
  const auto validate_every = settings_.validate_every > 0 ? settings_.validate_every : order.batches_per_epoch();

  LossSum since_last;
  for (std::int64_t at_step = 0; at_step < steps; ++at_step) {
    if (interrupted()) return result_;
    const auto indices = order.next();
    const double loss = step(load(Part::train, indices), learning_rate(settings_, at_step, steps));
    if (!std::isfinite(loss)) {
      result_.status = TrialStatus::diverged;
      result_.cause = fmt::format("loss or gradient became infinite or NaN at step {} of {}", at_step + 1, steps);
      return result_;
    }
    ++result_.cost.steps;
    result_.cost.samples += static_cast<std::int64_t>(indices.size());
    since_last.total += loss;
    ++since_last.steps;
    if (hooks_.progress) hooks_.progress(at_step + 1, steps, loss);
    const bool last = at_step + 1 == steps;
    if ((last || (at_step + 1) % validate_every == 0) && !validate(since_last)) break;
  }
  if (!result_.cause.empty()) return result_;

  const auto& end = result_.curve.back();
  result_.status = TrialStatus::ok;
  result_.score = best_weights_.defined() ? best_score_ : end.validation_score;
  result_.metrics["train_loss"] = end.train_loss;
  result_.metrics["validation_loss"] = end.validation_loss;
  if (best_weights_.defined()) {
    at::NoGradGuard no_grad;
    network_.parameters().values().copy_(best_weights_);
  }
  return result_;
}

double Trainer::step(const Batch& batch, double lr) {
  const auto loss = at::cross_entropy_loss(network_.logits(batch.x), batch.y);
  loss.backward();
  const double norm = optimizer_->step(lr);
  network_.model().project();
  return std::isfinite(norm) ? loss.item<double>() : norm;
}

bool Trainer::validate(LossSum& since_last) {
  const auto score = evaluate(Part::validation);
  if (!score) return false;
  result_.curve.push_back({result_.cost.steps, result_.cost.samples,
                           since_last.total / static_cast<double>(since_last.steps), score->loss, score->accuracy});
  since_last = {};
  if (settings_.patience == 0) return true;
  if (!best_weights_.defined() || score->accuracy > best_score_) {
    best_score_ = score->accuracy;
    best_weights_ = network_.parameters().values().clone();
    without_improvement_ = 0;
    return true;
  }
  return ++without_improvement_ < settings_.patience;
}

std::optional<Score> Trainer::evaluate(Part part) {
  at::NoGradGuard no_grad;
  const auto shape = task_.shape();
  const auto size = part == Part::train ? shape.train : part == Part::validation ? shape.validation : shape.test;
  double loss = 0;
  std::int64_t correct = 0;
  for (std::int64_t first = 0; first < size; first += kEvaluationBatch) {
    if (interrupted()) return std::nullopt;
    std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(kEvaluationBatch, size - first)));
    std::iota(indices.begin(), indices.end(), first);
    const auto batch = load(part, indices);
    const auto logits = network_.logits(batch.x);
    loss += at::cross_entropy_loss(logits, batch.y).item<double>() * static_cast<double>(indices.size());
    correct += logits.argmax(1).eq(batch.y).sum().item<std::int64_t>();
  }
  return Score{loss / static_cast<double>(size), static_cast<double>(correct) / static_cast<double>(size)};
}

bool Trainer::interrupted() {
  if (hooks_.should_stop && hooks_.should_stop()) {
    result_.status = TrialStatus::cancelled;
    result_.cause = "cancelled";
  } else if (settings_.time_limit > 0 && seconds() - started_ > settings_.time_limit) {
    result_.status = TrialStatus::timeout;
    result_.cause = fmt::format("ran over its time limit of {} s at step {}", settings_.time_limit, result_.cost.steps);
  }
  return !result_.cause.empty();
}

Batch Trainer::load(Part part, const std::vector<std::int64_t>& indices) const {
  const auto batch = task_.batch(part, indices, dtype_);
  return {batch.x.to(device_), batch.y.to(device_)};
}

}  // namespace evobrnn
