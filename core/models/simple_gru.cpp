// SPDX-License-Identifier: Apache-2.0
#include "core/models/simple_gru.hpp"

#include <ATen/ATen.h>

#include "core/models/operations.hpp"

namespace evobrnn {

SimpleGru::SimpleGru(const ModelContext& context) : Model(context) {
  W_z = add_synapses(initial_.add_recurrent("W_z", initial_.gate_recurrent()));
  P_z = add_synapses(initial_.add_input("P_z", initial_.input(1)));
  g = initial_.add_uniform("g", {n_});
}

Step SimpleGru::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t(), W_z_t = W_z.t();
  const auto drive = input_drive(x, noise).unbind(0);       // P x + b
  const auto gate_drive = at::linear(x, P_z, g).unbind(0);  // P_z x + g
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto z = held_.z.defined() ? held_z(r.size(0))
                                     : at::sigmoid(at::addmm(gate_drive[t], r, W_z_t));  // σ(W_z r + P_z x + g)
    const auto candidate = activation(at::addmm(drive[t], r, W_t));                      // φ(W r + P x + b)
    return State{(1 - z) * r + z * candidate, z, {}, {}};
  };
}

std::optional<RateEquation> SimpleGru::rate_equation() const {
  auto equation = candidate_equation();
  equation.form.gate = kernels::Gate::dense;
  equation.quantities.G = W_z;
  equation.quantities.Q = P_z;
  equation.quantities.g = g;
  equation.quantities.dt = initial_.fixed(1);
  return equation;
}

at::Tensor SimpleGru::largest_gate() const { return initial_.fixed(1); }

ProductCount SimpleGru::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n);
  return operations::count(2 * n * n, 2 * n * static_cast<double>(n_in), settings,
                           operations::kRate + operations::kFreeGate);
}

}  // namespace evobrnn
