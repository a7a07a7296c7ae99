// SPDX-License-Identifier: Apache-2.0
#include "apps/run_folder.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
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

/// In place of an empty folder too. One that cannot be replaced, as a mount point or what a link leads to, receives the
/// files instead, the settings last: without them it holds no run.
void give_name(const fs::path& draft, const fs::path& target) {
  std::error_code error;
  fs::rename(draft, target, error);
  if (!error) return;
  if (!fs::is_directory(target)) throw fs::filesystem_error("rename", target, error);
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(draft)) names.push_back(entry.path().filename());
  const auto last = [](const fs::path& name) { return name == kExperimentFile || name == kComparisonFile; };
  std::stable_partition(names.begin(), names.end(), [&](const fs::path& name) { return !last(name); });
  for (const auto& name : names) fs::rename(draft / name, target / name);
  fs::remove(draft);
  synchronise(target);
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
  auto target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "runs/a/"
  if (!is_free(folder)) throw UsageError(folder.string() + " exists already. " + hint);
  auto draft = target;
  draft += fmt::format(".new-{}", ::getpid());
  std::error_code ignored;
  fs::remove_all(draft, ignored);  // of a process that had our number and was killed
  try {
    fs::create_directories(draft / kWeightsFolder);
    for (const auto& [name, bytes] : files) write_atomically(draft / name, bytes);
    if (fill) fill(draft);
    give_name(draft, target);
    synchronise(target.parent_path());
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(draft, ignored);
    throw UsageError(folder.string() + " cannot be made: " + error.code().message());
  } catch (...) {
    fs::remove_all(draft, ignored);
    throw;
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
