// SPDX-License-Identifier: Apache-2.0
/// The folder that holds a whole run. Files appear in it complete or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "evolve/atomic_file.hpp"
#include "evolve/ledger.hpp"
#include "evolve/run_files.hpp"
#include "evolve/run_lock.hpp"

namespace evobrnn {

inline constexpr const char* kProvenanceFile = "provenance.json";
inline constexpr const char* kScratchFolder = "scratch";  ///< of trials under way, of a command
inline constexpr const char* kWeightsFolder = "weights";
inline constexpr const char* kCheckpointsFolder = "checkpoints";

/// Whether a run may be made there: nothing is there, or an empty folder. Throws UsageError where that cannot be seen,
/// as with a path that is too long.
bool is_free(const std::filesystem::path& folder);

/// Makes the folder with these files, and with what `fill` puts into it, at once: until then it has another name, which
/// `fill` is told. An empty folder that is there is used. Throws UsageError with `hint` when it holds
/// something.
void create_run_folder(const std::filesystem::path& folder, const std::map<std::string, std::string>& files,
                       const std::string& hint,
                       const std::function<void(const std::filesystem::path& draft)>& fill = {});

/// Throws UsageError when the folder does not exist or holds no run.
void require_run(const std::filesystem::path& folder);

/// RUN/ledger.sqlite. Throws UsageError where there is none.
std::filesystem::path require_ledger(const std::filesystem::path& folder);

/// Says on standard error what is damaged of the run's ledger and what was done all the same. The exit code: 0 where
/// nothing is.
int tell_damage(const std::filesystem::path& folder, const std::vector<std::string>& damage, const std::string& done);

/// Where a run comes from, as JSON: versions, CPU, seed, command line, data folder, and the checksums of `data`.
std::string provenance_json(std::int64_t seed, const std::filesystem::path& data_folder, const DataStore& data,
                            const std::string& command_line);

/// The data folder that a run was started with.
std::filesystem::path data_folder_of(const std::filesystem::path& run);

}  // namespace evobrnn
