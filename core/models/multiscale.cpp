// SPDX-License-Identifier: Apache-2.0
#include "core/models/multiscale.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "core/models/operations.hpp"

namespace evobrnn {

Multiscale::Multiscale(const ModelContext& context) : Model(context) {
  const double lo = settings_.z_lo, hi = settings_.z_hi;
  constexpr double kMargin = 0.02;  // keeps the raw values finite
  const auto share = kMargin + (1 - 2 * kMargin) * initial_.random({n_});
  const auto z = lo * at::exp(share * std::log(hi / lo));
  c_z = initial_.add("c_z", at::logit((z - lo) / (hi - lo)));
}

at::Tensor Multiscale::z() const { return settings_.z_lo + (settings_.z_hi - settings_.z_lo) * at::sigmoid(c_z); }

Step Multiscale::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto W_t = W.t();
  const auto drive = input_drive(x, noise).unbind(0);  // P x + b
  const auto z = this->z().expand({x.size(1), n_});
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto candidate = activation(at::addmm(drive[t], r, W_t));  // φ(W r + P x + b)
    return State{(1 - z) * r + z * candidate, z, {}, {}};
  };
}

std::optional<RateEquation> Multiscale::rate_equation() const {
  auto equation = candidate_equation();
  equation.quantities.z = z();
  return equation;
}

std::map<std::string, double> Multiscale::hyperparameters() const {
  const auto gates = z().detach();
  return {{"z", gates.mean().item<double>()},
          {"z_smallest", gates.min().item<double>()},
          {"z_largest", gates.max().item<double>()}};
}

ProductCount Multiscale::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n);
  return operations::count(n * n, n * static_cast<double>(n_in), settings, operations::kRate + operations::kTrainedZ);
}

}  // namespace evobrnn
