// SPDX-License-Identifier: Apache-2.0
/// Trained weights on the disk, with all that is needed to build the network again.
#pragma once

#include <filesystem>
#include <string>

#include "core/prediction.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {

/// Where a run keeps the weights of a final training of its champion.
std::filesystem::path weights_file(const std::filesystem::path& run, const TrialKey& key);

/// Writes the file and, beside it, FILE.sha256 as `sha256sum` does, so that `sha256sum -c` checks it too.
void store_with_checksum(const std::filesystem::path& file, const std::string& bytes);

enum class Intact { yes, no, unknown };  ///< unknown: no checksum is stored beside it
/// Whether the file's bytes are those of its checksum.
Intact intact(const std::filesystem::path& file);

/// Throws UsageError where they are not.
void require_intact(const std::filesystem::path& file);

/// Writes FOLDER/NAME.safetensors with its checksum and FOLDER/config.json: the trial's settings and seed, and the
/// task's sizes and names of classes.
void store_weights(const std::filesystem::path& folder, const std::string& name, const TrialSpec& spec,
                   const std::string& safetensors, DataStore& data);

/// What the network of these weights was trained on, by the config.json beside them. Throws DataError.
TrainedOn trained_on(const std::filesystem::path& weights);

}  // namespace evobrnn
