// SPDX-License-Identifier: Apache-2.0
#include "core/models/stp.hpp"

#include <ATen/ATen.h>

#include "core/models/operations.hpp"

namespace evobrnn {

Stp::Stp(const ModelContext& context) : Model(context), plasticity_(settings_, initial_) {
  if (settings_.stp_constants == "trained") c_h = initial_.add_constant("c_h", {n_}, logit(settings_.z));
  else z_h_ = initial_.fixed(settings_.z).expand({n_});
}

at::Tensor Stp::z_h() const { return c_h.defined() ? at::sigmoid(c_h) : z_h_; }

Step Stp::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t();
  const auto drive = input_drive(x, noise).unbind(0);  // P x + b
  const auto z = z_h().expand({x.size(1), n_});
  const auto constants = plasticity_.constants();
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto [u, x_s] = plasticity_.step(constants, before, held_);
    const auto candidate = activation(at::addmm(drive[t], u * x_s * r, W_t));  // φ(W (u ⊙ x_s ⊙ r) + P x + b)
    return State{(1 - z) * r + z * candidate, z, u, x_s};
  };
}

std::optional<RateEquation> Stp::rate_equation() const {
  auto equation = candidate_equation();
  equation.quantities.z = z_h();
  plasticity_.add_to(equation);
  return equation;
}

State Stp::initial_state(std::int64_t batch) const { return plasticity_.initial(Model::initial_state(batch)); }

std::map<std::string, double> Stp::hyperparameters() const {
  auto values = plasticity_.hyperparameters();
  values["z_h"] = z_h().detach().mean().item<double>();
  return values;
}

ProductCount Stp::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n);
  auto unit = operations::kRate + operations::plasticity_of(settings);
  if (settings.stp_constants == "trained") unit = unit + operations::kTrainedZ;
  return operations::count(n * n, n * static_cast<double>(n_in), settings, unit);
}

}  // namespace evobrnn
