// SPDX-License-Identifier: Apache-2.0
#include "core/learning/training_step.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "core/learning/objective.hpp"
#include "core/learning/state.hpp"

namespace evobrnn {

TrainingStep::TrainingStep(Network& network, const TrainSettings& settings, at::Generator noise)
    : network_(network),
      settings_(settings),
      noise_(std::move(noise)),
      fused_loss_(network),
      optimizer_(settings, network.parameters()) {}

double TrainingStep::operator()(const Batch& batch, double lr) {
  auto options = pass_options(batch);
  options.noise = noise_;
  const bool penalised = settings_.l2_rates > 0 || settings_.l2_weights > 0;
  const auto fused = penalised ? std::nullopt : fused_loss_(batch, options);
  const double loss = fused ? *fused : loss_by_autograd(batch, options);
  const double norm = optimizer_.step(lr);
  network_.model().project();
  return std::isfinite(norm) ? loss : norm;
}

double TrainingStep::loss_by_autograd(const Batch& batch, PassOptions& options) {
  options.keep_rates = settings_.l2_rates > 0;
  const auto pass = network_.run(batch.x, options);
  const auto loss = loss_of(pass.outputs, batch);
  const auto penalties = penalty(settings_, network_, pass, batch);
  (penalties.defined() ? loss + penalties : loss).backward();
  return loss.item<double>();
}

nlohmann::json TrainingStep::state() const {
  return {{"weights", to_state(network_.parameters().values())},
          {"optimizer", optimizer_.state()},
          {"noise", to_state(noise_)}};
}

void TrainingStep::restore(const nlohmann::json& state) {
  evobrnn::restore(state.at("weights"), network_.parameters().values());
  optimizer_.restore(state.at("optimizer"));
  evobrnn::restore(state.at("noise"), noise_);
}

}  // namespace evobrnn
