// SPDX-License-Identifier: Apache-2.0
/// A recurrent model with its linear read-out: what a trial trains.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/models/model.hpp"

namespace evobrnn {

/// Seeds and sizes that a network is built from, besides its settings.
struct NetworkContext {
  std::int64_t n_in = 0, n_out = 0;
  at::ScalarType dtype;
  at::Device device;
  std::uint64_t seed = 0;  ///< of the initial weights
};

class Network {
 public:
  Network(const ModelSettings& settings, const NetworkContext& context);

  /// logits [batch, n_out] from the last step's rate of the units that are read: logits = V·r_read + v.
  /// x: [steps, batch, n_in]. `record`, where given, sees the state after every step.
  at::Tensor logits(const at::Tensor& x, const std::function<void(const State&)>& record = {}) const;

  Model& model() { return *model_; }
  const Model& model() const { return *model_; }
  /// Model and read-out, flat: the model's own, then readout_weight [n_out, read], readout_bias [n_out].
  const Parameters& parameters() const { return parameters_; }

  /// The parameters as the bytes of a safetensors file, under the names of the equations.
  std::string save() const;
  /// Takes over weights that save() wrote. Throws DataError when names, shapes or dtypes differ.
  void load(const std::string& safetensors);

 private:
  std::unique_ptr<Model> model_;
  Parameters parameters_;
  at::Tensor readout_weight_, readout_bias_;
};

}  // namespace evobrnn
