// SPDX-License-Identifier: Apache-2.0
/// A recurrent model with its linear read-out: what a trial trains.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/models/model.hpp"

namespace evobrnn {

/// Which implementation runs a network.
enum class Path {
  automatic,  ///< core/kernels/ where it covers the pass, else the reference
  reference,  ///< core/models/, step by step
};

/// "reference" is that; "auto" and "kernel" are automatic, for the settings already made sure that there is a kernel.
Path to_path(const std::string& setting);

/// Seeds and sizes that a network is built from, besides its settings.
struct NetworkContext {
  std::int64_t n_in = 0, n_out = 0;
  at::ScalarType dtype;
  at::Device device;
  std::uint64_t seed = 0;  ///< of the initial weights and the masks
  Path path = Path::automatic;
};

/// How a pass runs, besides its input.
struct PassOptions {
  /// Read out after every step, [steps, batch, n_out]; else after the last one, [batch, n_out].
  bool every_step = false;
  at::Tensor lengths;  ///< [batch] int64, steps of each sequence; undefined: all. Its last step is read.
  at::Tensor reset;    ///< [batch] int64, the step before which the state returns to its start; 0 or undefined: none
  std::optional<at::Generator> noise;        ///< CPU; draws the noise of the settings; without it there is none
  bool keep_rates = false;                   ///< fill Pass::rates even where the read-out does not need them
  std::function<void(const State&)> record;  ///< sees the state after every step
};

struct Pass {
  at::Tensor outputs;  ///< logits, or values: V·r_read + v
  at::Tensor rates;    ///< [steps, batch, n]; undefined where nothing needed them
};

class Network {
 public:
  Network(const ModelSettings& settings, const NetworkContext& context);
  /// The same with a model that need not be in the registry.
  Network(const ModelEntry& entry, ModelSettings settings, const NetworkContext& context);

  /// x: [steps, batch, n_in].
  Pass run(const at::Tensor& x, const PassOptions& options = {}) const;

  Model& model() { return *model_; }
  const Model& model() const { return *model_; }
  /// Model and read-out, flat: the model's own, then readout_weight [n_out, read], readout_bias [n_out].
  const Parameters& parameters() const { return parameters_; }

  /// The parameters as the bytes of a safetensors file, under the names of the equations.
  std::string save() const;
  /// Takes over weights that save() wrote. Throws DataError when names, shapes or dtypes differ.
  void load(const std::string& safetensors);

 private:
  /// The rates after the last step, and where `keep` after every step, which Pass reads out.
  SequenceRates rates(const at::Tensor& x, const at::Tensor& noise, bool keep, const PassOptions& options) const;
  SequenceRates rates_step_by_step(const at::Tensor& x, const at::Tensor& noise, bool keep,
                                   const PassOptions& options) const;
  at::Tensor read(const at::Tensor& rates) const;

  std::unique_ptr<Model> model_;
  Parameters parameters_;
  double recurrent_noise_, input_noise_;
  Path path_;
  at::Tensor readout_weight_, readout_bias_;
};

}  // namespace evobrnn
