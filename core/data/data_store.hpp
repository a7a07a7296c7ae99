// SPDX-License-Identifier: Apache-2.0
/// Where data sets lie on the disk, and what was read of them already.
#pragma once

#include <any>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace evobrnn {

class DataStore {
 public:
  explicit DataStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// The first of the files that exists, each looked for in FOLDER/subfolder and then in FOLDER itself; absolute names
  /// as they are. Throws DataError with `hint` when none does.
  std::filesystem::path find(const std::string& subfolder, const std::vector<std::string>& names,
                             const std::string& hint) const;

  /// What `make` returned the first time that this key was asked for. Others who ask meanwhile wait. A `make` that
  /// throws is tried again by the next.
  template <class T>
  std::shared_ptr<const T> once(const std::string& key, const std::function<std::shared_ptr<const T>()>& make) {
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
  std::shared_ptr<Slot> slot(const std::string& key);

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>> slots_;
};

/// $EVOBRNN_DATA, else ~/.local/share/evobrnn.
std::filesystem::path default_data_folder();

}  // namespace evobrnn
