// SPDX-License-Identifier: Apache-2.0
#include "apps/run_folder.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "apps/comparison_run.hpp"
#include "apps/data_files.hpp"
#include "apps/path_text.hpp"
#include "apps/signals.hpp"
#include "core/provenance.hpp"
#include "core/utf8.hpp"
#include "evolve/provenance.hpp"
#include "view/terminal.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

bool is_free(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::symlink_status(folder, error);
  if (status.type() == fs::file_type::not_found) return true;
  if (error) throw UsageError(folder.string() + " cannot be used: " + error.message());
  const auto target = fs::status(folder, error);
  return target.type() == fs::file_type::directory && fs::is_empty(folder, error) && !error;
}

void create_run_folder(const fs::path& folder, const std::map<std::string, std::string>& files, const std::string& hint,
                       const std::function<void(const fs::path&)>& fill) {
  if (!is_free(folder)) throw UsageError(folder.string() + " exists already. " + hint);
  try {
    DraftFolder draft(folder);
    make_own_folder(draft.path() / kWeightsFolder);
    for (const auto& [name, bytes] : files) write_atomically(draft.path() / name, bytes);
    if (fill) fill(draft.path());
    draft.put_in_place();
  } catch (const FileError& error) {
    throw UsageError(error.what());
  }
}

void require_run(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw UsageError(folder.string() + ": no such folder");
  if (!fs::exists(folder / kLedgerFile) && !fs::exists(folder / kExperimentFile))
    throw UsageError(folder.string() + ": holds no run (no " + kExperimentFile + ")");
}

fs::path require_ledger(const fs::path& folder) {
  require_run(folder);
  if (!fs::exists(folder / kLedgerFile))
    throw UsageError(folder.string() + ": holds no ledger; nothing was trained there");
  return folder / kLedgerFile;
}

int tell_damage(const fs::path& folder, const std::vector<std::string>& damage, const std::string& done) {
  constexpr std::size_t kMost = 20;
  if (damage.empty()) return kExitOk;
  for (std::size_t i = 0; i < std::min(kMost, damage.size()); ++i)
    fmt::print(stderr, "damaged: {}\n", printable_line(damage[i]));
  if (damage.size() > kMost) fmt::print(stderr, "damaged: and {} more\n", damage.size() - kMost);
  fmt::print(stderr, "error: ledger {}: {}; {}\n", (folder / kLedgerFile).string(),
             damage.size() == 1 ? "1 thing is damaged" : fmt::format("{} things are damaged", damage.size()), done);
  return kExitFailure;
}

std::string provenance_json(std::int64_t seed, const fs::path& data_folder, const DataStore& data,
                            const std::string& command_line) {
  nlohmann::ordered_json root;
  for (const auto& [key, value] : build_provenance()) root[key] = value;
  for (const auto& [key, value] : search_provenance()) root[key] = value;
  utsname system{};
  uname(&system);
  root["system"] = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  root["host"] = system.nodename;
  root["cpu"] = cpu_model();
  root["hardware_threads"] = std::thread::hardware_concurrency();
  root["seed"] = seed;
  root["data_folder"] = data_folder.empty() ? "" : path_text(fs::absolute(data_folder));
  root["data"] = data_files(data);
  root["command_line"] = as_utf8(command_line);
  root["started"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  return root.dump(2) + "\n";
}

fs::path data_folder_of(const fs::path& run) {
  try {
    return path_from_text(
        nlohmann::json::parse(read_whole(run / kProvenanceFile)).at("data_folder").get<std::string>());
  } catch (const std::exception&) {
    return {};  // a run without it still resumes, with --data or the default folder
  }
}

}  // namespace evobrnn
