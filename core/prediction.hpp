// SPDX-License-Identifier: Apache-2.0
/// The front door to a trained network's answers, free of LibTorch headers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

/// What a network was trained on.
struct TrainedOn {
  TaskShape shape;                  ///< its steps, lengths, features, outputs and score are looked at
  std::vector<std::string> labels;  ///< names of the classes, where the data had them
};

/// What a network answers.
struct Prediction {
  /// A safetensors file, in the precision of the network's training: `outputs` [samples, n_out] after the last step of
  /// each sequence, `outputs_every_step` [samples, steps, n_out] and `rates` [samples, steps, n]. Of a classification
  /// also `class` [samples] int64, or where it answers at every step `class_every_step` [samples, steps]; the names of
  /// its classes, where the data had names, are the metadata `classes`, a list in JSON.
  std::string safetensors;
  std::int64_t samples = 0;            ///< sequences
  std::int64_t steps = 0;              ///< of the longest
  std::vector<std::int64_t> of_class;  ///< how many sequences each class is answered for; empty: no class a sequence
};

/// Runs the network that `spec` trained to `weights` (the bytes of a safetensors file) on inputs of the caller's,
/// without the noise of its settings. `inputs` is any file of sequences that training reads (docs/DATA.md): `x`
/// [samples, steps, features], and where sequences differ in length `lengths` [samples]; what else it holds is not
/// looked at. Features and steps must be those that it was trained on; `any_steps`: of another number of steps too.
/// Throws DataError where the weights are not of that network, or the inputs not for it.
Prediction predict(const TrialSpec& spec, const TrainedOn& trained, const std::string& weights,
                   const std::filesystem::path& inputs, bool any_steps = false);

}  // namespace evobrnn
