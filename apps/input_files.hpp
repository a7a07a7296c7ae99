// SPDX-License-Identifier: Apache-2.0
/// The files that the trials of a run stand on, and whether they are still those that it began with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/data/data_store.hpp"

namespace evobrnn {

class InputFiles {
 public:
  /// The files that were and will be read of `data`, and `more`, which no trial may change either.
  explicit InputFiles(std::shared_ptr<DataStore> data, const std::vector<std::filesystem::path>& more = {});

  /// Throws StorageError where a file has other bytes than at its first time, or is gone. One stat(2) a file, and its
  /// bytes where that differs. Returns how often a file was found written again with the same bytes. Thread-safe.
  std::int64_t check();

  /// All files as JSON, for unlike().
  std::string json();

 private:
  struct Known {
    std::vector<FileIdentity> identities;  ///< that the same bytes had, the present one last
    std::string sha256;
  };
  void add_found();

  const std::shared_ptr<DataStore> data_;
  std::mutex mutex_;  ///< guards what follows
  std::map<std::filesystem::path, Known> files_;
  std::int64_t written_again_ = 0;
};

/// In another process: why what it has read of `data` are not the files of `json`; nothing where they are.
std::optional<std::string> unlike(const std::string& json, const DataStore& data);

}  // namespace evobrnn
