// SPDX-License-Identifier: Apache-2.0
#include "core/models/initial.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace evobrnn {
namespace {

/// [rows, columns] with exactly round(density · possible) ones, where every place but, if asked, the diagonal is
/// possible. Undefined where nothing is left out.
at::Tensor draw_mask(std::int64_t rows, std::int64_t columns, double density, bool diagonal, at::Generator generator,
                     at::TensorOptions options) {
  if (density >= 1 && diagonal) return {};
  const auto possible = diagonal ? at::ones({rows, columns}, at::kBool)
                                 : at::eye(rows, at::TensorOptions().dtype(at::kBool)).logical_not();
  const auto places = possible.reshape({-1}).nonzero().reshape({-1});
  const auto order = at::randperm(places.numel(), generator, at::TensorOptions().dtype(at::kLong));
  const auto kept = std::llround(density * static_cast<double>(places.numel()));
  auto mask = at::zeros({rows * columns});
  mask.index_fill_(0, places.index_select(0, order.narrow(0, 0, kept)), 1);
  return mask.view({rows, columns}).to(options);
}

at::Tensor masked(const at::Tensor& values, const at::Tensor& mask) { return mask.defined() ? values * mask : values; }

}  // namespace

Initial::Initial(const ModelContext& context, const Dale& dale, Parameters& parameters)
    : settings_(context.settings),
      dale_(dale),
      parameters_(parameters),
      options_(at::TensorOptions().dtype(context.dtype).device(context.device)),
      generator_(context.weights),
      n_(context.settings.n),
      n_in_(context.n_in) {
  recurrent_mask_ = draw_mask(n_, n_, settings_.density, settings_.autapses, context.connectivity, options_);
  input_mask_ = draw_mask(n_, n_in_, settings_.input_density, true, context.connectivity, options_);
}

at::Tensor Initial::random(at::IntArrayRef shape) const {
  return at::rand(shape, generator_, at::TensorOptions().dtype(options_.dtype())).to(options_.device());
}

at::Tensor Initial::uniform(at::IntArrayRef shape, double gain) const {
  const double bound = gain / std::sqrt(static_cast<double>(n_));
  return random(shape).mul_(2 * bound).sub_(bound);
}

at::Tensor Initial::recurrent() const {
  at::NoGradGuard no_grad;
  at::Tensor W;
  if (settings_.init == "orthogonal") {
    // Uniform over the orthogonal matrices: Q of a normal matrix, with the signs of R's diagonal (Mezzadri, 2007).
    const auto normal = at::randn({n_, n_}, generator_, at::TensorOptions().dtype(at::kDouble));
    const auto [Q, R] = at::linalg_qr(normal);
    W = (settings_.gain * Q * R.diagonal().sign()).to(options_);
  } else {
    W = uniform({n_, n_}, settings_.gain);
  }
  W = masked(W, recurrent_mask_);
  dale_.project(W);
  if (settings_.init == "balanced" && dale_.on) {
    // Excitation and inhibition cancel in the mean: n_E columns of +w against n − n_E columns of −w·n_E/(n − n_E).
    const auto inhibitory = n_ - dale_.n_excitatory;
    W.narrow(1, dale_.n_excitatory, inhibitory)
        .mul_(static_cast<double>(dale_.n_excitatory) / static_cast<double>(inhibitory));
  }
  if (settings_.spectral_radius > 0) {
    const double radius = spectral_radius(W);
    if (!(radius > 0))
      throw SettingsError(
          {{"", "model.spectral_radius", fmt::format("{}", settings_.spectral_radius),
            "the W of this seed has radius 0 and cannot be scaled to another: too few synapses (model.n, "
            "model.density)"}});
    W.mul_(settings_.spectral_radius / radius);
  }
  return W;
}

at::Tensor Initial::input(double gain) const { return masked(uniform({n_, n_in_}, gain), input_mask_); }

at::Tensor Initial::gate_recurrent() const { return masked(uniform({n_, n_}, 1), recurrent_mask_); }

at::Tensor Initial::add_recurrent(const std::string& name, const at::Tensor& values, std::int64_t blocks) {
  return parameters_.add(name, values, recurrent_mask_.defined() ? recurrent_mask_.repeat({blocks, 1}) : at::Tensor());
}

at::Tensor Initial::add_input(const std::string& name, const at::Tensor& values, std::int64_t blocks) {
  return parameters_.add(name, values, input_mask_.defined() ? input_mask_.repeat({blocks, 1}) : at::Tensor());
}

at::Tensor Initial::add_uniform(const std::string& name, at::IntArrayRef shape) {
  return parameters_.add(name, uniform(shape, 1));
}

at::Tensor Initial::add_constant(const std::string& name, at::IntArrayRef shape, double raw) {
  return parameters_.add(name, at::full(shape, raw, options_));
}

at::Tensor Initial::add(const std::string& name, const at::Tensor& values) { return parameters_.add(name, values); }

at::Tensor Initial::fixed(double value) const { return at::full({}, value, options_); }

double logit(double p) { return std::log(p / (1 - p)); }

double spectral_radius(const at::Tensor& W) {
  return at::linalg_eigvals(W.detach().to(at::kCPU, at::kDouble)).abs().max().item<double>();
}

}  // namespace evobrnn
