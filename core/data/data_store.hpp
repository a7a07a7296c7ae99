// SPDX-License-Identifier: Apache-2.0
/// Where data sets lie on the disk, and what was read of them already.
#pragma once

#include <any>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/io/file_identity.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A file that data were read of.
struct FoundFile {
  std::filesystem::path path;
  FileIdentity identity;  ///< before it was read
};

class DataStore {
 public:
  explicit DataStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// The first of the files that exists, each looked for in FOLDER/subfolder and then in FOLDER itself; absolute names
  /// as they are. Throws DataError with `hint` when none does.
  std::filesystem::path find(const std::string& subfolder, const std::vector<std::string>& names,
                             const std::string& hint);
  /// What find() has returned so far, each once, in the order of the first time.
  std::vector<std::filesystem::path> found() const;
  std::vector<FoundFile> found_files() const;  ///< the same, with what was there

  /// Bytes of tensors that the data read so far hold: what a process with a store of its own takes beside its trials.
  std::int64_t held_bytes() const { return held_bytes_; }
  void add_held_bytes(std::int64_t bytes) { held_bytes_ += bytes; }

  /// What `make` returned the first time that this key was asked for. Others who ask meanwhile wait. A `make` that
  /// throws is tried again by the next.
  template <class T>
  std::shared_ptr<const T> once(const std::string& key, const std::function<std::shared_ptr<const T>()>& make) const {
    const auto slot = this->slot(key);
    const std::lock_guard lock(slot->mutex);
    if (!slot->value.has_value()) slot->value = make();
    return std::any_cast<std::shared_ptr<const T>>(slot->value);
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::any value;
  };
  std::shared_ptr<Slot> slot(const std::string& key) const;

  const std::filesystem::path folder_;
  std::atomic<std::int64_t> held_bytes_{0};
  mutable std::mutex mutex_;  ///< guards what follows
  std::vector<FoundFile> found_;
  mutable std::map<std::string, std::shared_ptr<Slot>> slots_;
};

/// $EVOBRNN_DATA, else ~/.local/share/evobrnn.
std::filesystem::path default_data_folder();

}  // namespace evobrnn
