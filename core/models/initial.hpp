// SPDX-License-Identifier: Apache-2.0
/// Initial values of a model's parameters, and which synapses exist at all.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "core/models/dale.hpp"
#include "core/models/parameters.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// What a model is built from.
struct ModelContext {
  const ModelSettings& settings;  ///< must outlive the context
  std::int64_t n_in = 0;          ///< inputs a step
  at::ScalarType dtype;           ///< float32 or float64
  at::Device device;              ///< where parameters lie
  at::Generator weights;          ///< CPU; draws initial weights, and nothing else
  at::Generator connectivity;     ///< CPU; draws the masks, and nothing else
};

/// Adds parameters to a model, drawn in the order of the calls.
class Initial {
 public:
  /// Draws from the context's generators; leaves go to `parameters`. All three must outlive it.
  Initial(const ModelContext& context, const Dale& dale, Parameters& parameters);

  /// [n, n] weights of recurrent synapses, as model.init, gain, density, autapses and spectral_radius say, and obeying
  /// Dale's principle. Throws std::runtime_error where the radius of W is zero, so that it cannot be scaled.
  at::Tensor recurrent() const;
  /// [n, n_in] weights of input synapses ~ U(−gain/√n, gain/√n), with the mask of model.input_density.
  at::Tensor input(double gain) const;
  /// [n, n] ~ U(−1/√n, 1/√n) with the mask of the recurrent synapses: free weights of a gate.
  at::Tensor gate_recurrent() const;

  /// Adds a leaf of the given values. `blocks` masks of that kind lie one under the other.
  at::Tensor add_recurrent(const std::string& name, const at::Tensor& values, std::int64_t blocks = 1);
  /// The same with the mask of the input synapses.
  at::Tensor add_input(const std::string& name, const at::Tensor& values, std::int64_t blocks = 1);
  /// A leaf ~ U(−1/√n, 1/√n).
  at::Tensor add_uniform(const std::string& name, at::IntArrayRef shape);
  /// A leaf whose every element is `raw`.
  at::Tensor add_constant(const std::string& name, at::IntArrayRef shape, double raw);
  /// A leaf of the given values, without a mask.
  at::Tensor add(const std::string& name, const at::Tensor& values);

  /// Uniform in [0, 1), on the CPU's generator, moved to the model's device.
  at::Tensor random(at::IntArrayRef shape) const;
  /// Values that the search or the user set: held fixed, no parameter.
  at::Tensor fixed(double value) const;
  /// Dtype and device of every parameter.
  at::TensorOptions options() const { return options_; }

 private:
  at::Tensor uniform(at::IntArrayRef shape, double gain) const;

  const ModelSettings& settings_;
  const Dale& dale_;
  Parameters& parameters_;
  at::TensorOptions options_;
  at::Generator generator_;
  std::int64_t n_, n_in_;
  at::Tensor recurrent_mask_, input_mask_;  ///< 1 where a synapse is; undefined: everywhere
};

/// The raw value whose logistic sigmoid is `p`, for p in (0, 1).
double logit(double p);

/// The largest modulus of the eigenvalues of a square matrix on the CPU.
double spectral_radius(const at::Tensor& W);

}  // namespace evobrnn
