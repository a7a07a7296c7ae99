// SPDX-License-Identifier: Apache-2.0
/// A new empty folder that goes, with all that is in it, when this does.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "evolve/ledger.hpp"

namespace evobrnn {

class TemporaryFolder {
 public:
  /// Makes PARENT/NAME-XXXXXX, and the parent where it is missing. Throws StorageError.
  TemporaryFolder(const std::filesystem::path& parent, const std::string& name) {
    std::error_code error;
    std::filesystem::create_directories(parent, error);
    auto path = (std::filesystem::absolute(parent) / (name + "-XXXXXX")).string();
    if (!::mkdtemp(path.data())) throw StorageError(path + ": cannot be made: " + std::strerror(errno));
    path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace evobrnn
