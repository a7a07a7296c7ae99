// SPDX-License-Identifier: Apache-2.0
#include "core/models/gru.hpp"

#include <ATen/ATen.h>

#include "core/models/operations.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kGates = 3;  // reset, update, new

at::Tensor stacked(const std::function<at::Tensor()>& draw) {
  std::vector<at::Tensor> blocks;
  for (std::int64_t i = 0; i < kGates; ++i) blocks.push_back(draw());
  return at::cat(blocks);
}

}  // namespace

Gru::Gru(const ModelContext& context) : Model(context, true) {
  weight_ih = add_synapses(
      initial_.add_input("weight_ih_l0", stacked([this] { return initial_.input(settings_.gain); }), kGates));
  weight_hh =
      add_synapses(initial_.add_recurrent("weight_hh_l0", stacked([this] { return initial_.recurrent(); }), kGates));
  bias_ih = initial_.add_uniform("bias_ih_l0", {kGates * n_});
  bias_hh = initial_.add_uniform("bias_hh_l0", {kGates * n_});
}

Step Gru::unroll(const at::Tensor& x, const at::Tensor& noise) const {
  const auto from_input = at::linear(x, weight_ih, bias_ih).unbind(0);
  const auto weight_hh_t = weight_hh.t();
  return [=, this](const State& before, std::int64_t t) {
    const auto& r = before.r;
    const auto i = from_input[t].chunk(kGates, 1), h = at::addmm(bias_hh, r, weight_hh_t).chunk(kGates, 1);
    const auto reset = at::sigmoid(i[0] + h[0]);
    const auto update = held_.z.defined() ? 1 - held_z(r.size(0)) : at::sigmoid(i[1] + h[1]);
    const auto drive = i[2] + reset * h[2];
    const auto candidate = at::tanh(noise.defined() ? drive + noise[t] : drive);
    return State{(1 - update) * candidate + update * r, 1 - update, {}, {}};
  };
}

at::Tensor Gru::recurrent_weights() const { return weight_hh.narrow(0, 2 * n_, n_); }

at::Tensor Gru::largest_gate() const { return initial_.fixed(1); }

ProductCount Gru::products(const ModelSettings& settings, std::int64_t n_in) {
  const auto n = static_cast<double>(settings.n), gates = static_cast<double>(kGates);
  // Two σ, tanh, reset ⊙ …, and the mean by the update gate; backward their slopes and what they multiply.
  constexpr operations::Unit kUnit{3 * operations::kFunction + 5, 20};
  return operations::count(gates * n * n, gates * n * static_cast<double>(n_in), settings, kUnit);
}

}  // namespace evobrnn
