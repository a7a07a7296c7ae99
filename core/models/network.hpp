// SPDX-License-Identifier: Apache-2.0
/// A recurrent model with its linear read-out: what a trial trains.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/models/model.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Which implementation runs a network.
enum class Path {
  automatic,  ///< core/kernels/ where it covers the pass, else the reference
  reference,  ///< core/models/, step by step
};

/// "reference" is that; "auto" and "kernel" are automatic, for the settings already made sure that there is a kernel.
Path to_path(const std::string& setting);

/// Seeds and sizes that a network is built from, besides its settings.
struct NetworkContext {
  std::int64_t n_in = 0;        ///< inputs a step
  std::int64_t n_out = 0;       ///< classes, or values
  at::ScalarType dtype;         ///< of parameters and passes: float32 or float64
  at::Device device;            ///< of parameters and passes
  std::uint64_t seed = 0;       ///< of the initial weights and the masks
  Path path = Path::automatic;  ///< which implementation runs it
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
  /// Makes the state after every step another one, before it is recorded, read out and carried on.
  std::function<State(const State& after)> intervene;
  /// From 2 on: the time step is divided by it and every step of x repeated as often, by the kernels whatever the path;
  /// outputs are those after the last repetition of each step. For models with has_time_step() on the CPU, without
  /// `record` and `intervene`; throws std::invalid_argument for others.
  std::int64_t divide_steps = 1;
};

/// y = V·r_read + v.
struct LinearReadout {
  at::Tensor weight;  ///< V [n_out, read]: of the first units
  at::Tensor bias;    ///< v [n_out]
};

/// What a pass over a batch gives.
struct Pass {
  at::Tensor outputs;  ///< logits, or values: V·r_read + v
  at::Tensor rates;    ///< [steps, batch, n]; undefined where nothing needed them
};

/// Parameters and passes of one candidate.
class Network {
 public:
  /// The model that settings.name names, with fresh weights. Throws std::out_of_range for an unknown name.
  Network(const ModelSettings& settings, const NetworkContext& context);
  /// The same with a model that need not be in the registry.
  Network(const ModelEntry& entry, ModelSettings settings, const NetworkContext& context);

  /// x: [steps, batch, n_in].
  Pass run(const at::Tensor& x, const PassOptions& options = {}) const;

  /// The same pass, but for the read-out, as the kernels take it; nothing where they do not cover it. Draws the noise.
  std::optional<SequenceProblem> fast_pass(const at::Tensor& x, const PassOptions& options) const;
  /// The read-out, whose tensors are parameters.
  const LinearReadout& readout() const { return readout_; }

  /// The recurrent part.
  Model& model() { return *model_; }
  /// The recurrent part.
  const Model& model() const { return *model_; }
  /// Model and read-out, flat: the model's own, then readout_weight [n_out, read], readout_bias [n_out].
  const Parameters& parameters() const { return parameters_; }

  /// The parameters as the bytes of a safetensors file, under the names of the equations.
  std::string save() const;
  /// Takes over weights that save() wrote. Throws DataError when names, shapes or dtypes differ.
  void load(const std::string& safetensors);

 private:
  Pass run_finer(const at::Tensor& x, PassOptions options) const;
  /// Input and noise of a pass with the time step `alpha`.
  SequenceInput sequence_input(const at::Tensor& x, const PassOptions& options, double alpha) const;
  /// Whether the kernels take a pass, of a model that has a form.
  bool fast(const at::Tensor& x, const PassOptions& options) const;
  /// The rates after the last step, and where `keep` after every step, which Pass reads out.
  SequenceRates rates(const SequenceInput& input, bool keep, const PassOptions& options) const;
  SequenceRates rates_step_by_step(const SequenceInput& input, bool keep, const PassOptions& options) const;
  /// `sizes` of the input.
  Pass read_out(SequenceRates sequence, at::IntArrayRef sizes, const PassOptions& options) const;
  at::Tensor read(const at::Tensor& rates) const;

  std::unique_ptr<Model> model_;
  Parameters parameters_;
  double recurrent_noise_, input_noise_;
  bool divisible_;  ///< whether it has a time step that can be divided
  Path path_;
  LinearReadout readout_;
};

}  // namespace evobrnn
