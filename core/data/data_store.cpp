// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_store.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/trial.hpp"

namespace evobrnn {

std::filesystem::path DataStore::find(const std::string& subfolder, const std::vector<std::string>& names,
                                      const std::string& hint) {
  for (const auto& name : names) {
    for (const auto& file : {folder_ / subfolder / name, folder_ / name}) {
      std::error_code error;
      if (!std::filesystem::exists(file, error)) continue;
      const std::lock_guard lock(mutex_);
      const auto same = [&file](const FoundFile& found) { return found.path == file; };
      if (std::none_of(found_.begin(), found_.end(), same)) found_.push_back({file, identity_of(file)});
      return file;
    }
  }
  const auto wanted = std::filesystem::path(names.front());
  const auto where = wanted.is_absolute() ? wanted.string() : names.front() + " in " + folder_.string();
  throw DataError("no such data file: " + where + (hint.empty() ? "" : "\n  " + hint));
}

std::vector<std::filesystem::path> DataStore::found() const {
  std::vector<std::filesystem::path> paths;
  for (const auto& file : found_files()) paths.push_back(file.path);
  return paths;
}

std::vector<FoundFile> DataStore::found_files() const {
  const std::lock_guard lock(mutex_);
  return found_;
}

std::shared_ptr<DataStore::Slot> DataStore::slot(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  auto& slot = slots_[key];
  if (!slot) slot = std::make_shared<Slot>();
  return slot;
}

std::filesystem::path default_data_folder() {
  if (const char* folder = std::getenv("EVOBRNN_DATA"); folder && *folder) return folder;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : ".") / ".local/share/evobrnn";
}

std::shared_ptr<DataStore> make_data_store(const std::filesystem::path& folder) {
  return std::make_shared<DataStore>(folder.empty() ? default_data_folder() : folder);
}

}  // namespace evobrnn
