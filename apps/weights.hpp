// SPDX-License-Identifier: Apache-2.0
/// Trained weights on the disk, with all that is needed to build the network again.
#pragma once

#include <filesystem>
#include <string>

#include "core/trial.hpp"

namespace evobrnn {

/// Writes FOLDER/NAME.safetensors and FOLDER/config.json: the trial's settings and seed, and the task's sizes.
void store_weights(const std::filesystem::path& folder, const std::string& name, const TrialSpec& spec,
                   const std::string& safetensors, DataStore& data);

}  // namespace evobrnn
