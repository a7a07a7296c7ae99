// SPDX-License-Identifier: Apache-2.0
/// The front door to a trained network's answers, free of LibTorch headers.
#pragma once

#include <string>

#include "core/trial.hpp"

namespace evobrnn {

/// Runs the network that `spec` trained to `weights` (the bytes of a safetensors file) on inputs of the caller's,
/// without the noise of its settings. `inputs` is a safetensors file too: `x` [steps, batch, n_in], real, and
/// where sequences differ in length `lengths` [batch], integers from 1 to steps. Returns one, in the precision of its
/// training: `outputs` [batch, n_out] after the last step of each sequence, `outputs_every_step` [steps, batch, n_out]
/// and `rates` [steps, batch, n]. Throws DataError where the weights are not of that network, or the inputs not for it.
std::string predict(const TrialSpec& spec, const std::string& weights, const std::string& inputs);

}  // namespace evobrnn
