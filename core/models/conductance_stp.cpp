// SPDX-License-Identifier: Apache-2.0
#include "core/models/conductance_stp.hpp"

#include <ATen/ATen.h>

#include "core/models/operations.hpp"

namespace evobrnn {

ConductanceStp::ConductanceStp(const ModelContext& context)
    : Model(context), gate_(settings_, dale_, initial_), plasticity_(settings_, initial_) {}

Step ConductanceStp::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t();
  const auto drive = input_drive(x, noise).unbind(0);  // P x + b
  const auto gate = gate_.unroll(W, P, x);             // dt σ((A ∘ |W|) r + |P| x + g)
  const auto constants = plasticity_.constants();
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto z = held_.z.defined() ? held_z(r.size(0)) : gate(r, t);
    const auto [u, x_s] = plasticity_.step(constants, before, held_);
    const auto candidate = activation(at::addmm(drive[t], u * x_s * r, W_t));  // φ(W (u ⊙ x_s ⊙ r) + P x + b)
    return State{(1 - z) * r + z * candidate, z, u, x_s};
  };
}

std::optional<RateEquation> ConductanceStp::rate_equation() const {
  auto equation = candidate_equation();
  plasticity_.add_to(equation);
  gate_.add_to(equation);
  return equation;
}

State ConductanceStp::initial_state(std::int64_t batch) const {
  return plasticity_.initial(Model::initial_state(batch));
}

at::Tensor ConductanceStp::largest_gate() const { return gate_.dt().detach(); }

std::map<std::string, double> ConductanceStp::hyperparameters() const {
  auto values = gate_.hyperparameters();
  values.merge(plasticity_.hyperparameters());
  return values;
}

ProductCount ConductanceStp::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n);
  // Gate and candidate see different rates, so that no product serves both.
  return operations::count(
      2 * n * n, 2 * n * static_cast<double>(n_in), settings,
      operations::kRate + operations::gate_of(settings, false) + operations::plasticity_of(settings));
}

}  // namespace evobrnn
