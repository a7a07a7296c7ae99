// SPDX-License-Identifier: Apache-2.0
#include "adaptive.hpp"

#include <ATen/ATen.h>

namespace own_model {

using evobrnn::ModelContext;
using evobrnn::ModelSettings;
using evobrnn::own_setting;
using evobrnn::Setting;
using evobrnn::State;

Adaptive::Adaptive(const ModelContext& context)
    : Model(context),
      beta_(own_setting<double>(context.settings, "model.adaptation")),
      tau_a_(own_setting<double>(context.settings, "model.tau_a")) {}

State Adaptive::initial_state(std::int64_t batch) const {
  auto state = Model::initial_state(batch);
  state.own = {at::zeros_like(state.r)};  // a
  return state;
}

evobrnn::Step Adaptive::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t();
  const auto drive = input_drive(x, noise).unbind(0);  // P x + b
  const auto z = at::full({x.size(1), n_}, settings_.z, x.options());
  return [=, this](const State& before, std::int64_t t) {
    const auto &r = before.r, &a = before.own[0];
    const auto candidate = activation(at::addmm(drive[t], r, W_t) - beta_ * a);  // φ(W r + P x + b − β a)
    const auto next_a = a + (r - a) / tau_a_;
    return State{(1 - z) * r + z * candidate, z, {}, {}, {next_a}};
  };
}

evobrnn::ModelEntry adaptive() {
  Setting adaptation;
  adaptation.path = "model.adaptation";
  adaptation.fallback = 0.5;
  adaptation.low = 0;
  adaptation.high = 2;
  adaptation.doc = "β, how strongly a unit's adaptation current works against its drive; 0: the leaky network.";
  Setting tau;
  tau.path = "model.tau_a";
  tau.fallback = 10.0;
  tau.low = 1;
  tau.high = 1000;
  tau.unit = "steps";
  tau.doc = "τ_a, the time constant of the adaptation current; slow ones outlast a stimulus.";

  evobrnn::ModelEntry entry;
  entry.about.name = "adaptive";
  entry.about.equation = "r ← (1 − z) r + z φ(W r + P x + b − β a)\na ← a + (r − a) / τ_a";
  entry.about.source = "adaptation: Benda & Herz (2003)";
  entry.about.doc = "A leaky network whose units tire.";
  entry.about.settings = {"model.activation", "model.dale", "model.z"};
  entry.about.own = {adaptation, tau};
  entry.make = [](const ModelContext& context) { return std::make_unique<Adaptive>(context); };
  entry.products = [](const ModelSettings& settings, std::int64_t n_in) {
    const auto n = static_cast<double>(settings.n);
    return evobrnn::ProductCount{n * n, n * static_cast<double>(n_in)};
  };
  return entry;
}

}  // namespace own_model
