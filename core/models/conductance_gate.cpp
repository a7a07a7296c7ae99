// SPDX-License-Identifier: Apache-2.0
#include "core/models/conductance_gate.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace evobrnn {
namespace {

constexpr double kLargestA = 10;  // A = 10 σ(a)

/// A_E + A_I from which on the kernels' split form serves: it divides by this sum, and with less the gradient of P
/// would be a small difference of large sums.
constexpr double kLeastSplit = 0.01;

std::vector<std::int64_t> shape_of_a(const std::string& a_kind, std::int64_t n) {
  if (a_kind == "matrix") return {n, n};
  if (a_kind == "presynaptic" || a_kind == "postsynaptic") return {n};
  return {};
}

/// A from its raw value, or as set.
at::Tensor scale(const at::Tensor& raw, const at::Tensor& set) {
  return raw.defined() ? kLargestA * at::sigmoid(raw) : set;
}

}  // namespace

ConductanceGate::ConductanceGate(const ModelSettings& settings, const Dale& dale, Initial& initial)
    : settings_(settings),
      dale_(dale),
      A_(initial.fixed(settings.A)),
      A_E_(initial.fixed(settings.A_E)),
      A_I_(initial.fixed(settings.A_I)),
      dt_(initial.fixed(settings.dt)) {
  const auto n = settings.n;
  const auto raw = [](double A) { return logit(A / kLargestA); };
  g = initial.add_uniform("g", {n});
  if (settings.a_kind == "ei") {
    if (trained("A") || trained("A_E")) a_E_ = initial.add_constant("a_E", {}, raw(settings.A_E));
    if (trained("A") || trained("A_I")) a_I_ = initial.add_constant("a_I", {}, raw(settings.A_I));
  } else if (trained("A")) {
    a_ = initial.add_constant("a", shape_of_a(settings.a_kind, n), raw(settings.A));
  }
  if (trained("dt")) d_ = initial.add_constant("d", {}, logit(settings.dt));
}

bool ConductanceGate::trained(const std::string& name) const {
  return std::find(settings_.trained.begin(), settings_.trained.end(), name) != settings_.trained.end();
}

at::Tensor ConductanceGate::A() const {
  if (settings_.a_kind == "ei") return at::where(dale_.s > 0, scale(a_E_, A_E_), scale(a_I_, A_I_));
  const auto A = scale(a_, A_);
  if (settings_.as_coded && A.dim() == 0) return A.expand({settings_.n, settings_.n});
  return settings_.a_kind == "postsynaptic" && a_.defined() ? A.unsqueeze(1) : A;
}

at::Tensor ConductanceGate::dt() const { return d_.defined() ? at::sigmoid(d_) : dt_; }

ConductanceGate::Gate ConductanceGate::unroll(const at::Tensor& W, const at::Tensor& P, const at::Tensor& x) const {
  const auto gate_drive = at::linear(x, P.abs(), g).unbind(0);  // |P| x + g
  const auto increment = dt();
  if (settings_.as_coded && settings_.a_kind == "ei") {
    const auto to_each = at::mv(dale_.magnitude(W), A());  // |W| A, for Aᵀ r has the same sum of rates in every element
    return [=](const at::Tensor& r, std::int64_t t) {
      return increment * at::sigmoid(gate_drive[t] + r.sum(1, true) * to_each);
    };
  }
  const auto G_t = conductances(W).t();
  return [=](const at::Tensor& r, std::int64_t t) {
    return increment * at::sigmoid(at::addmm(gate_drive[t], r, G_t));  // dt σ((A ∘ |W|) r + |P| x + g)
  };
}

at::Tensor ConductanceGate::conductances(const at::Tensor& W) const {
  const auto magnitude = dale_.magnitude(W);
  if (!settings_.as_coded) return A() * magnitude;
  if (settings_.a_kind == "ei") return at::mv(magnitude, A()).unsqueeze(1).expand_as(W);
  return at::mm(A(), magnitude);
}

void ConductanceGate::add_to(RateEquation& equation) const {
  auto& [form, quantities] = equation;
  quantities.g = g;
  quantities.dt = dt();
  const bool two_valued = settings_.a_kind == "ei" || settings_.a_kind == "constant";
  if (dale_.on && two_valued && !settings_.as_coded && !form.plastic) {
    const bool ei = settings_.a_kind == "ei";
    const auto A_E = ei ? scale(a_E_, A_E_) : scale(a_, A_), A_I = ei ? scale(a_I_, A_I_) : A_E;
    if (A_E.item<double>() + A_I.item<double>() >= kLeastSplit) {
      form.gate = kernels::Gate::split;
      form.n_excitatory = static_cast<std::size_t>(dale_.n_excitatory);
      quantities.A_E = A_E;
      quantities.A_I = A_I;
      return;
    }
  }
  form.gate = kernels::Gate::dense;
  quantities.G = conductances(quantities.W);
  quantities.Q = quantities.P.abs();
}

std::map<std::string, double> ConductanceGate::hyperparameters() const {
  at::NoGradGuard no_grad;
  std::map<std::string, double> values = {{"dt", dt().item<double>()}};
  if (settings_.a_kind == "ei") {
    values["A_E"] = A()[0].item<double>();
    values["A_I"] = A()[settings_.n - 1].item<double>();
  } else {
    values["A"] = A().mean().item<double>();
  }
  return values;
}

}  // namespace evobrnn
