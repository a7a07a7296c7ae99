// SPDX-License-Identifier: Apache-2.0
#include "core/models/leaky.hpp"

#include <ATen/ATen.h>

#include "core/models/operations.hpp"

namespace evobrnn {

Leaky::Leaky(const ModelContext& context, double z) : Model(context), z_(z) {}

Step Leaky::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t();
  const auto drive = input_drive(x, noise).unbind(0);  // P x + b
  const auto z = at::full({x.size(1), n_}, z_, x.options());
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto candidate = activation(at::addmm(drive[t], r, W_t));  // φ(W r + P x + b)
    return State{(1 - z) * r + z * candidate, z, {}, {}};
  };
}

std::optional<RateEquation> Leaky::rate_equation() const {
  auto equation = candidate_equation();
  equation.quantities.z = initial_.fixed(z_).expand({n_});
  return equation;
}

ProductCount Leaky::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n);
  return operations::count(n * n, n * static_cast<double>(n_in), settings, operations::kRate);
}

}  // namespace evobrnn
