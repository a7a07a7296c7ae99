// SPDX-License-Identifier: Apache-2.0
/// Files that appear complete or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace evobrnn {

/// Replaces the file by the new bytes, on the disk before it returns. Throws StorageError, with the file as it was.
/// `before_rename` is called between the two.
void write_atomically(const std::filesystem::path& file, const std::string& bytes,
                      const std::function<void()>& before_rename = {});

std::string read_whole(const std::filesystem::path& file);

/// What was renamed in this folder is on the disk when it returns. Throws StorageError.
void synchronise(const std::filesystem::path& folder);

}  // namespace evobrnn
