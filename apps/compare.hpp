// SPDX-License-Identifier: Apache-2.0
/// A comparison in its folder: what `compare` starts and `resume` continues.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "view/views.hpp"

namespace evobrnn {

/// Whether the folder holds a comparison.
bool is_comparison(const std::filesystem::path& folder);

/// Goes on with a comparison to its end and prints the result; `overrides` may change what changes no result. Returns
/// the exit code. Throws UsageError, SettingsError, DataError, StorageError.
int resume_comparison(const std::filesystem::path& folder, const std::filesystem::path& data,
                      const std::vector<std::string>& overrides, ViewKind view);

}  // namespace evobrnn
