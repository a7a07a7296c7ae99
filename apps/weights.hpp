// SPDX-License-Identifier: Apache-2.0
/// Trained weights on the disk, with all that is needed to build the network again.
#pragma once

#include <filesystem>
#include <string>

#include "core/trial.hpp"

namespace evobrnn {

/// Writes the file and, beside it, FILE.sha256 as `sha256sum` does, so that `sha256sum -c` checks it too.
void store_with_checksum(const std::filesystem::path& file, const std::string& bytes);

enum class Intact { yes, no, unknown };  ///< unknown: no checksum is stored beside it
/// Whether the file's bytes are those of its checksum.
Intact intact(const std::filesystem::path& file);

/// Writes FOLDER/NAME.safetensors with its checksum and FOLDER/config.json: the trial's settings and seed, and the
/// task's sizes.
void store_weights(const std::filesystem::path& folder, const std::string& name, const TrialSpec& spec,
                   const std::string& safetensors, DataStore& data);

}  // namespace evobrnn
