// SPDX-License-Identifier: Apache-2.0
#include "apps/input_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/data_files.hpp"
#include "core/io/sha256.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

std::string changed(const fs::path& file, const std::string& how) {
  return fmt::format(
      "{} {} while the run was under way, and a run stands on the same files from its first trial to its last. No "
      "trial "
      "that may have seen the change was stored. Put the file back as it was, or start another run with the new one. "
      "What trials write does not belong among the files that the command names: $EVOBRNN_SCRATCH is a place for it",
      file.string(), how);
}

/// Empty for a program that may be executed and not read.
std::string checksum_if_readable(const fs::path& file) {
  return ::access(file.c_str(), R_OK) == 0 ? sha256_of_file(file) : "";
}

nlohmann::json to_json(const FileIdentity& identity) {
  return {identity.device, identity.number, identity.size, identity.written, identity.status_changed};
}

}  // namespace

InputFiles::InputFiles(std::shared_ptr<DataStore> data, const std::vector<fs::path>& more) : data_(std::move(data)) {
  add_found();
  for (const auto& path : more) {
    const auto file = path.lexically_normal();
    if (files_.count(file) > 0) continue;
    const auto identity = identity_of(file);
    files_[file] = {{identity}, checksum_if_readable(file)};
  }
}

void InputFiles::add_found() {
  for (const auto& file : data_->found_files()) {
    if (files_.count(file.path) == 0) files_[file.path] = {{file.identity}, checksum(*data_, file)};
  }
}

std::int64_t InputFiles::check() {
  const std::lock_guard lock(mutex_);
  try {
    add_found();
    for (auto& [file, known] : files_) {
      const auto now = identity_of(file);
      const auto& before = known.identities.back();
      if (now == before) continue;
      if (now.size < 0) throw StorageError(changed(file, "was removed"));
      if (now.size != before.size || checksum_if_readable(file) != known.sha256 || known.sha256.empty())
        throw StorageError(changed(file, "was changed"));
      known.identities.push_back(now);
      ++written_again_;
    }
  } catch (const DataError& error) {
    throw StorageError(error.what());
  }
  return written_again_;
}

std::string InputFiles::json() {
  const std::lock_guard lock(mutex_);
  add_found();
  auto all = nlohmann::json::object();
  for (const auto& [file, known] : files_) {
    auto identities = nlohmann::json::array();
    for (const auto& identity : known.identities) identities.push_back(to_json(identity));
    all[sha256(file.string())] = {{"identities", identities}, {"sha256", known.sha256}};
  }
  return all.dump();
}

std::optional<std::string> unlike(const std::string& json, const DataStore& data) {
  const auto all = nlohmann::json::parse(json);
  for (const auto& file : data.found_files()) {
    const auto known = all.find(sha256(file.path.string()));  // a path need not be UTF-8
    if (known == all.end()) return changed(file.path, "appeared");
    const auto& same = known->at("identities");
    if (std::find(same.begin(), same.end(), to_json(file.identity)) != same.end()) continue;
    try {
      if (known->at("sha256") != checksum(data, file)) return changed(file.path, "was changed");
    } catch (const DataError& error) {
      return error.what();
    }
  }
  return std::nullopt;
}

}  // namespace evobrnn
