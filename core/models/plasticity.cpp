// SPDX-License-Identifier: Apache-2.0
#include "core/models/plasticity.hpp"

#include <ATen/ATen.h>

namespace evobrnn {
namespace {

/// The constants of unit i; `mixed` alternates, as Masse et al. (2019) do.
PlasticityConstants constants_of(const std::string& kind, std::int64_t i) {
  if (kind == "mongillo") return kMongillo;
  if (kind == "mixed") return i % 2 == 0 ? kFacilitating : kDepressing;
  return kind == "facilitating" ? kFacilitating : kDepressing;
}

}  // namespace

Plasticity::Plasticity(const ModelSettings& settings, Initial& initial) : delta_(settings.stp_dt) {
  const auto n = settings.n;
  if (settings.stp_constants == "trained") {
    c_u = initial.add_constant("c_u", {n}, logit(settings.z_u));
    c_x = initial.add_constant("c_x", {n}, logit(settings.z_x));
    c_U = initial.add_constant("c_U", {n}, logit(settings.U));
    return;
  }
  std::vector<double> U, z_u, z_x;
  for (std::int64_t i = 0; i < n; ++i) {
    if (settings.stp_constants == "set") {
      U.push_back(settings.U);
      z_u.push_back(settings.z_u);
      z_x.push_back(settings.z_x);
    } else {
      const auto constants = constants_of(settings.stp_constants, i);
      U.push_back(constants.U);
      z_u.push_back(settings.dt_ms / constants.tau_u_ms);
      z_x.push_back(settings.dt_ms / constants.tau_x_ms);
    }
  }
  const auto to_tensor = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).to(initial.options());
  };
  U_ = to_tensor(U);
  z_u_ = to_tensor(z_u);
  z_x_ = to_tensor(z_x);
}

Plasticity::Constants Plasticity::constants() const {
  if (U_.defined()) return {U_, z_u_, z_x_};
  return {at::sigmoid(c_U), at::sigmoid(c_u), at::sigmoid(c_x)};
}

State Plasticity::initial(State state) const {
  state.u = constants().U.expand_as(state.r);
  state.x_s = at::ones_like(state.r);
  return state;
}

std::pair<at::Tensor, at::Tensor> Plasticity::step(const Constants& constants, const State& before,
                                                   const State& held) const {
  const auto& [U, z_u, z_x] = constants;
  const auto& r = before.r;
  const auto u =
      held.u.defined() ? held.u.expand_as(r) : U * z_u + (1 - z_u) * before.u + delta_ * U * (1 - before.u) * r;
  const auto x_s =
      held.x_s.defined() ? held.x_s.expand_as(r) : z_x + (1 - z_x) * before.x_s - delta_ * u * before.x_s * r;
  return {u, x_s};
}

void Plasticity::add_to(RateEquation& equation) const {
  equation.form.plastic = true;
  equation.form.delta = delta_;
  const auto [U, z_u, z_x] = constants();
  equation.quantities.U = U;
  equation.quantities.z_u = z_u;
  equation.quantities.z_x = z_x;
}

std::map<std::string, double> Plasticity::hyperparameters() const {
  at::NoGradGuard no_grad;
  const auto [U, z_u, z_x] = constants();
  return {{"U", U.mean().item<double>()}, {"z_u", z_u.mean().item<double>()}, {"z_x", z_x.mean().item<double>()}};
}

}  // namespace evobrnn
