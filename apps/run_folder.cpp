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

#include "apps/data_files.hpp"
#include "core/provenance.hpp"
#include "evolve/provenance.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& file) {
  const auto cause = std::string(std::strerror(errno));
  throw StorageError(file.string() + ": cannot be written: " + cause);
}

/// An open file, closed whatever happens.
class File {
 public:
  File(const fs::path& path, int flags) : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (file_ < 0) cannot_write(path);
  }
  ~File() { ::close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto size = ::write(file_, bytes.data() + done, bytes.size() - done);
      if (size < 0 && errno != EINTR) cannot_write(path_);
      if (size > 0) done += static_cast<std::size_t>(size);
    }
  }
  void synchronise() const {
    if (::fsync(file_) != 0) cannot_write(path_);
  }

 private:
  const fs::path path_;
  const int file_;
};

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

void create_run_folder(const fs::path& folder, const std::map<std::string, std::string>& files, const std::string& hint,
                       const std::function<void(const fs::path&)>& fill) {
  auto target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "runs/a/"
  if (fs::exists(target)) throw UsageError(folder.string() + " exists already. " + hint);
  auto draft = target;
  draft += fmt::format(".new-{}", ::getpid());
  std::error_code ignored;
  fs::remove_all(draft, ignored);  // of a process that had our number and was killed
  try {
    fs::create_directories(draft / kWeightsFolder);
    for (const auto& [name, bytes] : files) write_atomically(draft / name, bytes);
    if (fill) fill(draft);
    fs::rename(draft, target);
    File(target.parent_path(), O_RDONLY).synchronise();
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

void write_atomically(const fs::path& file, const std::string& bytes, const std::function<void()>& before_rename) {
  auto draft = file;
  draft += ".new";
  try {
    {
      const File stream(draft, O_WRONLY | O_CREAT | O_TRUNC);
      stream.write(bytes);
      stream.synchronise();
    }
    if (before_rename) before_rename();
    if (::rename(draft.c_str(), file.c_str()) != 0) cannot_write(file);
  } catch (const StorageError&) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    throw;
  }
  File(fs::absolute(file).parent_path(), O_RDONLY).synchronise();
}

std::string read_whole(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
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
  root["data_folder"] = data_folder.empty() ? "" : fs::absolute(data_folder).string();
  root["data"] = data_files(data);
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
