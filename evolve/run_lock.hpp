// SPDX-License-Identifier: Apache-2.0
/// One writer a run folder: RUN/lock, held with flock(2) while the process lives, so that the kernel lets go of it when
/// the process dies, however it dies. The file says who, as JSON: host, pid, started; it is empty after a clean end.
/// Readers need no lock, and must not take it: who starts at that moment would be refused.
#pragma once

#include <filesystem>
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
