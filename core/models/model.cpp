// SPDX-License-Identifier: Apache-2.0
#include "core/models/model.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace evobrnn {

Model::Model(const ModelContext& context)
    : settings_(context.settings),
      n_(context.settings.n),
      dale_(context.settings, at::TensorOptions().dtype(context.dtype).device(context.device)),
      options_(at::TensorOptions().dtype(context.dtype).device(context.device)),
      generator_(context.generator) {
  W = draw("W", {n_, n_}, settings_.gain);
  P = draw("P", {n_, context.n_in}, settings_.gain);
  b = draw("b", {n_});
  dale_.project(W);
  if (settings_.init == "balanced" && dale_.on) {
    // Excitation and inhibition cancel in the mean: n_E columns of +w against n − n_E columns of −w·n_E/(n − n_E).
    at::NoGradGuard no_grad;
    const auto inhibitory = n_ - dale_.n_excitatory;
    W.narrow(1, dale_.n_excitatory, inhibitory)
        .mul_(static_cast<double>(dale_.n_excitatory) / static_cast<double>(inhibitory));
  }
}

State Model::initial_state(std::int64_t batch) const { return {at::zeros({batch, n_}, options_), {}}; }

void Model::project() { dale_.project(W); }

at::Tensor Model::draw(const std::string& name, at::IntArrayRef shape, double scale) {
  const double bound = scale / std::sqrt(static_cast<double>(n_));
  const auto uniform = at::rand(shape, generator_, at::TensorOptions().dtype(options_.dtype()));
  return parameters_.add(name, uniform.mul_(2 * bound).sub_(bound).to(options_.device()));
}

at::Tensor Model::constant(const std::string& name, at::IntArrayRef shape, double raw) {
  return parameters_.add(name, at::full(shape, raw, options_));
}

at::Tensor Model::fixed(double value) const { return at::full({}, value, options_); }

bool Model::trained(const std::string& name) const {
  return std::find(settings_.trained.begin(), settings_.trained.end(), name) != settings_.trained.end();
}

at::Tensor Model::activation(const at::Tensor& drive) const {
  return settings_.activation == "tanh" ? at::tanh(drive) : at::sigmoid(drive);
}

double logit(double p) { return std::log(p / (1 - p)); }

}  // namespace evobrnn
