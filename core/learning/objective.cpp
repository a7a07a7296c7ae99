// SPDX-License-Identifier: Apache-2.0
#include "core/learning/objective.hpp"

#include <ATen/ATen.h>

namespace evobrnn {
namespace {

bool classes(const Batch& batch) { return batch.y.scalar_type() == at::kLong; }

/// The loss of each step or sequence: [steps, batch] or [batch].
at::Tensor losses(const at::Tensor& outputs, const Batch& batch) {
  if (!classes(batch)) return (outputs - batch.y).square().mean(-1);
  const auto n_out = outputs.size(-1);
  return at::cross_entropy_loss(outputs.reshape({-1, n_out}), batch.y.reshape({-1}), {}, at::Reduction::None)
      .view(batch.y.sizes());
}

double total(const at::Tensor& tensor) { return tensor.sum(at::kDouble).item<double>(); }

}  // namespace

at::Tensor loss_of(const at::Tensor& outputs, const Batch& batch) {
  if (!batch.mask.defined()) {
    return classes(batch) ? at::cross_entropy_loss(outputs, batch.y) : at::mse_loss(outputs, batch.y);
  }
  const auto weight = batch.mask.sum();
  return (losses(outputs, batch) * batch.mask).sum() / at::where(weight > 0, weight, at::ones_like(weight));
}

void Tally::add(const at::Tensor& outputs, const Batch& batch) {
  const auto loss = losses(outputs, batch);
  const auto right = classes(batch) ? outputs.argmax(-1).eq(batch.y).to(loss.scalar_type()) : -loss;
  if (!batch.mask.defined()) {
    loss_ += total(loss);
    score_ += total(right);
    loss_weight_ += static_cast<double>(loss.numel());
    score_weight_ += static_cast<double>(loss.numel());
    return;
  }
  const auto& scored = batch.scored.defined() ? batch.scored : batch.mask;
  loss_ += total(loss * batch.mask);
  loss_weight_ += total(batch.mask);
  score_ += total(right * scored);
  score_weight_ += total(scored);
}

PassOptions pass_options(const Batch& batch) {
  PassOptions options;
  options.every_step = batch.mask.defined();
  options.lengths = batch.lengths;
  options.reset = batch.reset;
  return options;
}

at::Tensor penalty(const TrainSettings& settings, const Network& network, const Pass& pass, const Batch& batch) {
  at::Tensor total;
  const auto add = [&total](const at::Tensor& term) { total = total.defined() ? total + term : term; };
  if (settings.l2_rates > 0) {
    auto squares = pass.rates.square().mean(-1);  // [steps, batch]
    if (batch.lengths.defined()) {
      const auto steps = at::arange(squares.size(0), batch.lengths.options()).unsqueeze(1);
      const auto inside = (steps < batch.lengths.unsqueeze(0)).to(squares.scalar_type());
      add(settings.l2_rates * (squares * inside).sum() / inside.sum());
    } else {
      add(settings.l2_rates * squares.mean());
    }
  }
  if (settings.l2_weights > 0) {
    for (const auto& weights : network.model().synapses()) add(settings.l2_weights * weights.square().mean());
  }
  return total;
}

}  // namespace evobrnn
