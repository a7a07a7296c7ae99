// SPDX-License-Identifier: Apache-2.0
/// The files that a run's data come from, told apart by their bytes, wherever they lie.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/data/data_store.hpp"
#include "core/trial.hpp"

namespace evobrnn {

/// The SHA-256 of a file of the store as it was when its data were read; computed once. Throws DataError where it has
/// been changed in between.
std::string checksum(const DataStore& data, const FoundFile& file);

/// The files that were read of the store so far, as provenance.json keeps them: [{"file": NAME, "sha256": …}, …].
nlohmann::ordered_json data_files(const DataStore& data);

/// How the data differ from those that a run's provenance.json tells of, as "train.ts has other bytes". Empty: they are
/// the same, or the run is of a version that did not keep it.
std::string data_difference(const std::string& provenance, const DataStore& data);

/// Whether a run's provenance.json tells of its data at all.
bool tells_data(const std::string& provenance);

/// With other data the new trials of a run would not be comparable with the old ones: throws UsageError then.
void require_same_data(const std::filesystem::path& folder, const DataStore& data);

}  // namespace evobrnn
