// SPDX-License-Identifier: Apache-2.0
#include "core/models/model.hpp"

#include <ATen/ATen.h>

namespace evobrnn {

Model::Model(const ModelContext& context, bool own_synapses)
    : settings_(context.settings),
      n_(context.settings.n),
      dale_(context.settings, at::TensorOptions().dtype(context.dtype).device(context.device)),
      initial_({settings_, context.n_in, context.dtype, context.device, context.weights, context.connectivity}, dale_,
               parameters_) {
  if (own_synapses) return;
  W = add_synapses(initial_.add_recurrent("W", initial_.recurrent()));
  P = add_synapses(initial_.add_input("P", initial_.input(settings_.gain)));
  b = initial_.add_uniform("b", {n_});
}

at::Tensor Model::add_synapses(const at::Tensor& leaf) {
  synapses_.push_back(leaf);
  return leaf;
}

State Model::initial_state(std::int64_t batch) const {
  return {at::zeros({batch, n_}, initial_.options()), {}, {}, {}};
}

at::Tensor Model::held_z(std::int64_t batch) const { return held_.z.expand({batch, n_}); }

void Model::project() {
  if (W.defined()) dale_.project(W);
}

at::Tensor Model::input_drive(const at::Tensor& x, const at::Tensor& noise) const {
  const auto drive = at::linear(x, P, b);
  return noise.defined() ? drive + noise : drive;
}

RateEquation Model::candidate_equation() const {
  RateEquation equation;
  equation.form.tanh = settings_.activation == "tanh";
  equation.quantities.W = W;
  equation.quantities.P = P;
  equation.quantities.b = b;
  return equation;
}

at::Tensor Model::activation(const at::Tensor& drive) const {
  return settings_.activation == "tanh" ? at::tanh(drive) : at::sigmoid(drive);
}

}  // namespace evobrnn
