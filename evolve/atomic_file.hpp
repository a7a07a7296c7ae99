// SPDX-License-Identifier: Apache-2.0
/// Files that appear complete or not at all; every failure is a StorageError.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/io/new_file.hpp"

namespace evobrnn {

/// Calls `action`, whose FileError it throws as a StorageError.
void storing(const std::function<void()>& action);

/// Replaces the file by the new bytes, on the disk before it returns, or leaves it as it was. A link there is replaced,
/// not followed. `before_rename` is called between the two.
void write_atomically(const std::filesystem::path& file, const std::string& bytes,
                      const std::function<void()>& before_rename = {});

/// A file that a user named: as above, but devices and pipes are written to, and so are /dev/stdout and its like.
/// Whatever takes long makes it first, so that a place that cannot be written to is told before.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& file);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// All of it, once.
  void write(const std::string& bytes);

 private:
  const std::filesystem::path file_;
  std::unique_ptr<DraftFile> draft_;  ///< of a file
  int stream_ = -1;                   ///< of a device or pipe
};

std::string read_whole(const std::filesystem::path& file);

/// What was renamed in this folder is on the disk when it returns. Throws StorageError.
void synchronise(const std::filesystem::path& folder);

}  // namespace evobrnn
