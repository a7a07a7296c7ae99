// SPDX-License-Identifier: Apache-2.0
/// What tells without reading it that a file is still the same.
#pragma once

#include <cstdint>
#include <filesystem>

namespace evobrnn {

/// As stat(2) says it. Files with the same identity have the same bytes; others may.
struct FileIdentity {
  std::uint64_t device = 0, number = 0;          ///< number: the inode
  std::int64_t size = -1;                        ///< bytes; -1: there is no such file
  std::int64_t written = 0, status_changed = 0;  ///< nanoseconds since the epoch
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Of the file that the path leads to now.
FileIdentity identity_of(const std::filesystem::path& file);

}  // namespace evobrnn
