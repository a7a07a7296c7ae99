// SPDX-License-Identifier: Apache-2.0
#include "core/models/conductance.hpp"

#include <ATen/ATen.h>

#include "core/models/operations.hpp"

namespace evobrnn {

Conductance::Conductance(const ModelContext& context) : Model(context), gate_(settings_, dale_, initial_) {}

Step Conductance::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t();
  const auto drive = input_drive(x, noise).unbind(0);  // P x + b
  const auto gate = gate_.unroll(W, P, x);             // dt σ((A ∘ |W|) r + |P| x + g)
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto z = held_.z.defined() ? held_z(r.size(0)) : gate(r, t);
    const auto candidate = activation(at::addmm(drive[t], r, W_t));  // φ(W r + P x + b)
    return State{(1 - z) * r + z * candidate, z, {}, {}};
  };
}

std::optional<RateEquation> Conductance::rate_equation() const {
  auto equation = candidate_equation();
  gate_.add_to(equation);
  return equation;
}

at::Tensor Conductance::largest_gate() const { return gate_.dt().detach(); }

std::map<std::string, double> Conductance::hyperparameters() const { return gate_.hyperparameters(); }

ProductCount Conductance::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n), inputs = static_cast<double>(n_in);
  const bool split = operations::is_split(settings);
  return operations::count((split ? 1 : 2) * n * n, 2 * n * inputs, settings,
                           operations::kRate + operations::gate_of(settings, split));
}

}  // namespace evobrnn
