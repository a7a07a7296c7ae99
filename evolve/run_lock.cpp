// SPDX-License-Identifier: Apache-2.0
#include "evolve/run_lock.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evolve/atomic_file.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

std::string this_host() {
  utsname system{};
  ::uname(&system);
  return system.nodename;
}

/// What the file says; a holder without a host where it says nothing, as between taking the lock and writing.
LockHolder read_holder(int file) {
  std::array<char, 1000> bytes{};
  const auto size = ::pread(file, bytes.data(), bytes.size(), 0);
  const auto json = nlohmann::json::parse(bytes.data(), bytes.data() + std::max<ssize_t>(size, 0), nullptr, false);
  if (!json.is_object()) return {};
  try {
    LockHolder holder;
    holder.host = json.at("host").get<std::string>();
    holder.pid = json.at("pid").get<std::int64_t>();
    holder.since = json.at("started").get<std::string>();
    holder.boot = json.value("boot", "");
    holder.pid_namespace = json.value("pid_namespace", std::uint64_t{0});
    holder.start_ticks = json.value("start_ticks", std::uint64_t{0});
    return holder;
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

/// A number that each start of a kernel draws anew; empty where it has none.
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

/// Of the namespace in which this process's own number counts.
std::uint64_t pid_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

/// When the process began, in the kernel's ticks since its start; nothing where there is no such process, or only what
/// is left of it until its parent asks.
std::optional<std::uint64_t> start_ticks(const std::string& process) {
  constexpr int kBetween = 18;  // fields of proc(5)'s stat between the state and the start time
  std::ifstream file("/proc/" + process + "/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = text.rfind(')');  // a name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state, skipped;
  fields >> state;
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  std::uint64_t ticks = 0;
  if (!(fields >> ticks) || state == "Z" || state == "X") return std::nullopt;
  return ticks;
}

/// One byte that whoever holds the lock has locked as well, in a way of which others can ask without taking it: flock
/// has none. Where the file system has no such locks, process numbers alone tell.
struct flock one_byte() {
  struct flock byte {};
  byte.l_type = F_WRLCK;
  byte.l_whence = SEEK_SET;
  byte.l_start = 1 << 20;  // far behind the text
  byte.l_len = 1;
  return byte;
}

std::optional<bool> byte_is_locked(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  auto byte = one_byte();
  const bool told = ::fcntl(file, F_OFD_GETLK, &byte) == 0;
  ::close(file);
  return told ? std::optional(byte.l_type != F_UNLCK) : std::nullopt;
}

std::string text(const LockHolder& holder) {
  if (holder.host.empty()) return "another process, which is just starting";
  return fmt::format("process {} on {}, since {}", holder.pid, holder.host, holder.since);
}

/// File systems that other machines may write to, where a lock of this machine may not be seen by them.
bool is_shared(int file) {
  struct statfs system {};
  if (::fstatfs(file, &system) != 0) return true;
  constexpr std::array<std::uint32_t, 10> kShared = {
      0x6969,      // NFS
      0x517b,      // SMB
      0xff534d42,  // CIFS
      0xfe534d42,  // SMB 2
      0x65735546,  // FUSE
      0x0bd00bd0,  // Lustre
      0x47504653,  // GPFS
      0x00c36400,  // Ceph
      0x5346414f,  // AFS
      0x01021997,  // 9P
  };
  for (const auto magic : kShared) {
    if (static_cast<std::uint32_t>(system.f_type) == magic) return true;
  }
  return false;
}

/// Of a version that noted no more than the number, which may be another process's by now.
bool has_open(std::int64_t pid, const fs::path& lock) {
  const auto process = fs::path("/proc") / std::to_string(pid);
  std::error_code error;
  if (!fs::exists(process, error)) return false;
  fs::directory_iterator files(process / "fd", error);
  if (error == std::errc::permission_denied) return true;  // another user's: it is there, more cannot be seen
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    std::error_code gone;
    if (fs::equivalent(files->path(), lock, gone)) return true;
  }
  return false;
}

}  // namespace

LockHolder lock_holder(const fs::path& folder) {
  const int file = ::open((folder / kLockFile).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  auto holder = read_holder(file);
  ::close(file);
  return holder;
}

std::optional<bool> is_alive(const LockHolder& holder, const fs::path& folder) {
  if (holder.host.empty()) return std::nullopt;
  // Of this kernel, in whatever container, the lock itself tells.
  const auto locked = byte_is_locked(folder / kLockFile);
  if (locked.value_or(false)) return true;
  const bool here = holder.host == this_host();
  if (holder.boot.empty()) return here ? std::optional(has_open(holder.pid, folder / kLockFile)) : std::nullopt;
  if (holder.boot != boot_id()) return here ? std::optional(false) : std::nullopt;
  if (holder.pid_namespace != pid_namespace()) return locked;  // its number means nothing here
  return start_ticks(std::to_string(holder.pid)) == holder.start_ticks;
}

RunLock::RunLock(const fs::path& folder, const std::string& name) {
  const auto path = folder / kLockFile;
  storing([&] { file_ = open_own_file(path, O_RDWR | O_CREAT); });  // it will be emptied
  const auto refuse = [this](const std::string& why) {
    ::close(file_);
    throw UsageError(why);
  };
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const auto holder = read_holder(file_);
    if (error == EWOULDBLOCK)
      refuse(name + " is in use by " + text(holder) +
             ". One process at a time writes to a run; end that one, or wait for it");
    refuse(
        fmt::format("{}: this file system has no locks ({}), so that two processes could write to one run, and one at "
                    "a time may. Put "
                    "the run folder on another file system, or give this one locks (on NFS: lockd, or version 4){}",
                    name, std::strerror(error), holder.host.empty() ? "" : "; it was last used by " + text(holder)));
  }
  auto byte = one_byte();
  static_cast<void>(::fcntl(file_, F_OFD_SETLK, &byte));
  // Whoever ends cleanly empties the file. What is left was killed, and the kernel would have told if it still lived:
  // but for one on another machine, whose locks a shared file system may not show.
  const auto last = read_holder(file_);
  if (!last.host.empty() && last.host != this_host() && is_shared(file_))
    refuse(
        fmt::format("{} is in use by {}, or was when that machine stopped; from here it cannot be seen. If it has "
                    "ended, delete {}",
                    name, text(last), path.string()));
  const auto line = nlohmann::json{{"host", this_host()},
                                   {"pid", ::getpid()},
                                   {"boot", boot_id()},
                                   {"pid_namespace", pid_namespace()},
                                   {"start_ticks", start_ticks("self").value_or(0)},
                                   {"started", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}}
                        .dump() +
                    "\n";
  if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) {
    const auto cause = std::string(std::strerror(errno));
    ::close(file_);
    throw StorageError(path.string() + ": cannot be written: " + cause);
  }
}

RunLock::~RunLock() {
  static_cast<void>(::ftruncate(file_, 0));  // where it fails the file is as after a kill
  ::close(file_);
}

}  // namespace evobrnn
