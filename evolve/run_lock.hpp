// SPDX-License-Identifier: Apache-2.0
/// One writer a run folder: RUN/lock, held with flock(2) while the process lives, so that the kernel lets go of it when
/// the process dies, however it dies. The file says who, as JSON: host, pid, started, and what tells the process from a
/// later one with its number: boot, pid_namespace, start_ticks. It is empty after a clean end.
/// Readers need no lock, and must not take it: who starts at that moment would be refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace [[gnu::visibility("default")]] evobrnn {

/// Something is wrong with what the user asked for, other than settings: a folder that is in use, exists already, or
/// holds another run or none.
class UsageError : public std::runtime_error {
 public:
  /// From the message.
  using std::runtime_error::runtime_error;
};

/// Its file in the folder.
inline constexpr const char* kLockFile = "lock";

/// Who holds a lock, or was the last to, as the file says.
struct LockHolder {
  std::string host;                 ///< empty: the file says nothing
  std::int64_t pid = 0;             ///< number of the process
  std::string since;                ///< "2026-01-31T12:00:00Z"
  std::string boot;                 ///< the kernel's start, as its boot_id; empty in files of former versions
  std::uint64_t pid_namespace = 0;  ///< in which `pid` counts
  std::uint64_t start_ticks = 0;    ///< when the process began, since the kernel's start
};

/// What a folder's lock file says. Takes no lock.
LockHolder lock_holder(const std::filesystem::path& folder);

/// Whether the holder still runs; nothing where that cannot be seen from here, as on another machine. Takes no lock, so
/// that a run that starts at this moment is not refused.
std::optional<bool> is_alive(const LockHolder& holder, const std::filesystem::path& folder);

/// Holds the lock while it lives.
class RunLock {
 public:
  /// Takes the lock of the folder, which errors call `name`. Throws UsageError, with host, process and since when,
  /// where another process holds it, and where it is not certain that none does: also where the file system has no
  /// locks.
  RunLock(const std::filesystem::path& folder, const std::string& name);
  /// The same, with the folder's path as its name.
  explicit RunLock(const std::filesystem::path& folder) : RunLock(folder, folder.string()) {}
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace evobrnn
