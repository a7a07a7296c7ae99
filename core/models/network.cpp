// SPDX-License-Identifier: Apache-2.0
#include "core/models/network.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "core/io/safetensors.hpp"

namespace evobrnn {

Network::Network(const ModelSettings& settings, const NetworkContext& context) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(context.seed);
  model_ = find_model(settings.name).make({settings, context.n_in, context.dtype, context.device, generator});
  parameters_ = model_->parameters();
  // As torch::nn::Linear: U(−1/√fan_in, 1/√fan_in).
  const auto read = model_->dale().read_units();
  const double bound = 1 / std::sqrt(static_cast<double>(read));
  const auto draw = [&](at::IntArrayRef shape) {
    return at::rand(shape, generator, at::TensorOptions().dtype(context.dtype))
        .mul_(2 * bound)
        .sub_(bound)
        .to(context.device);
  };
  readout_weight_ = parameters_.add("readout_weight", draw({context.n_out, read}));
  readout_bias_ = parameters_.add("readout_bias", draw({context.n_out}));
  parameters_.flatten();
}

at::Tensor Network::logits(const at::Tensor& x, const std::function<void(const State&)>& record) const {
  const auto step = model_->unroll(x);
  auto state = model_->initial_state(x.size(1));
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    state = step(state, t);
    if (record) record(state);
  }
  return at::linear(state.r.narrow(1, 0, model_->dale().read_units()), readout_weight_, readout_bias_);
}

std::string Network::save() const { return write_safetensors(parameters_.named()); }

void Network::load(const std::string& safetensors) {
  const auto stored = read_safetensors(safetensors);
  if (stored.size() != parameters_.named().size())
    throw DataError("the weights are those of another network: other parameters");
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : stored) {
    at::Tensor mine;
    try {
      mine = parameters_.at(name);
    } catch (const std::out_of_range&) {
      throw DataError("the weights are those of another network: " + name + " is not a parameter of this one");
    }
    if (mine.sizes() != tensor.sizes() || mine.scalar_type() != tensor.scalar_type()) {
      throw DataError("the weights are those of another network: " + name + " has another shape or dtype");
    }
    mine.copy_(tensor);
  }
}

}  // namespace evobrnn
