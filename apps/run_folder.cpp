// SPDX-License-Identifier: Apache-2.0
#include "apps/run_folder.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/provenance.hpp"
#include "evolve/provenance.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// Puts a file's or folder's content on the disk.
void synchronise(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0 || ::fsync(file) != 0) {
    const auto cause = std::string(std::strerror(errno));
    if (file >= 0) ::close(file);
    throw std::runtime_error(path.string() + ": cannot be written to the disk: " + cause);
  }
  ::close(file);
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

void create_run_folder(const fs::path& folder, const std::map<std::string, std::string>& files,
                       const std::string& hint) {
  const auto target = fs::absolute(folder).lexically_normal();
  if (fs::exists(target)) throw UsageError(folder.string() + " exists already. " + hint);
  auto draft = target;
  draft += fmt::format(".new-{}", ::getpid());
  try {
    fs::create_directories(draft / kWeightsFolder);
    for (const auto& [name, bytes] : files) write_atomically(draft / name, bytes);
    fs::rename(draft, target);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(draft, ignored);
    throw UsageError(folder.string() + " cannot be made: " + error.code().message());
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

void write_atomically(const fs::path& file, const std::string& bytes) {
  auto draft = file;
  draft += ".new";
  {
    std::ofstream stream(draft, std::ios::binary | std::ios::trunc);
    stream << bytes;
    if (!stream.flush()) throw std::runtime_error(file.string() + ": cannot be written: " + std::strerror(errno));
  }
  synchronise(draft);
  fs::rename(draft, file);
  synchronise(fs::absolute(file).parent_path());
}

std::string read_whole(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string provenance_json(std::int64_t seed, const fs::path& data_folder, const std::string& command_line) {
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
  root["data_folder"] = data_folder.empty() ? "" : fs::absolute(data_folder).string();
  root["command_line"] = command_line;
  root["started"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  return root.dump(2) + "\n";
}

fs::path data_folder_of(const fs::path& run) {
  try {
    return nlohmann::json::parse(read_whole(run / kProvenanceFile)).at("data_folder").get<std::string>();
  } catch (const std::exception&) {
    return {};  // a run without it still resumes, with --data or the default folder
  }
}

}  // namespace evobrnn
