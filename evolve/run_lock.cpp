// SPDX-License-Identifier: Apache-2.0
#include "evolve/run_lock.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "evolve/atomic_file.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// Who holds a lock, as the file says.
struct LockHolder {
  std::string host;
  std::int64_t pid = 0;
  std::string since;  ///< "2026-01-31T12:00:00Z"
};

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
    return {json.at("host").get<std::string>(), json.at("pid").get<std::int64_t>(),
            json.at("started").get<std::string>()};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
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

}  // namespace

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
