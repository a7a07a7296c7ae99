// SPDX-License-Identifier: Apache-2.0
#include "core/models/conductance.hpp"

#include <ATen/ATen.h>

#include <vector>

namespace evobrnn {
namespace {

constexpr double kLargestA = 10;  // A = 10 σ(a)

std::vector<std::int64_t> shape_of_a(const std::string& a_kind, std::int64_t n) {
  if (a_kind == "matrix") return {n, n};
  if (a_kind == "presynaptic" || a_kind == "postsynaptic") return {n};
  return {};
}

}  // namespace

Conductance::Conductance(const ModelContext& context) : Model(context) {
  g = draw("g", {n_});
  const auto& s = settings_;
  const auto raw = [](double A) { return logit(A / kLargestA); };
  if (s.a_kind == "ei") {
    if (trained("A") || trained("A_E")) a_E_ = constant("a_E", {}, raw(s.A_E));
    if (trained("A") || trained("A_I")) a_I_ = constant("a_I", {}, raw(s.A_I));
  } else if (trained("A")) {
    a_ = constant("a", shape_of_a(s.a_kind, n_), raw(s.A));
  }
  if (trained("dt")) d_ = constant("d", {}, logit(s.dt));
}

at::Tensor Conductance::A() const {
  const auto scale = [this](const at::Tensor& a, double value) {
    return a.defined() ? kLargestA * at::sigmoid(a) : fixed(value);
  };
  if (settings_.a_kind == "ei") return at::where(dale_.s > 0, scale(a_E_, settings_.A_E), scale(a_I_, settings_.A_I));
  const auto A = scale(a_, settings_.A);
  return settings_.a_kind == "postsynaptic" && a_.defined() ? A.unsqueeze(1) : A;
}

at::Tensor Conductance::dt() const { return d_.defined() ? at::sigmoid(d_) : fixed(settings_.dt); }

Step Conductance::unroll(const at::Tensor& x) const {
  const auto W_t = W.t(), G_t = (A() * dale_.magnitude(W)).t();  // G = A ∘ |W|
  const auto drive = at::linear(x, P, b);                        // P x + b, all steps in one product
  const auto gate_drive = at::linear(x, P.abs(), g);             // |P| x + g
  const auto increment = dt();
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto z = increment * at::sigmoid(at::addmm(gate_drive[t], r, G_t));  // dt σ((A ∘ |W|) r + |P| x + g)
    const auto candidate = activation(at::addmm(drive[t], r, W_t));            // φ(W r + P x + b)
    return State{(1 - z) * r + z * candidate, z};
  };
}

std::map<std::string, double> Conductance::hyperparameters() const {
  at::NoGradGuard no_grad;
  std::map<std::string, double> values = {{"dt", dt().item<double>()}};
  if (settings_.a_kind == "ei") {
    values["A_E"] = A()[0].item<double>();
    values["A_I"] = A()[n_ - 1].item<double>();
  } else {
    values["A"] = A().mean().item<double>();
  }
  return values;
}

ProductCount Conductance::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n), inputs = static_cast<double>(n_in);
  // Under Dale a one- or two-valued A needs one n × n product: W r = y_E − y_I, (A ∘ |W|) r = A_E y_E + A_I y_I.
  const bool split = settings.dale && (settings.a_kind == "ei" || settings.a_kind == "constant");
  return {(split ? 1 : 2) * n * n, 2 * n * inputs};
}

}  // namespace evobrnn
