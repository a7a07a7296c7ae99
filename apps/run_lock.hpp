// SPDX-License-Identifier: Apache-2.0
/// One writer a run folder: RUN/lock, held with flock(2) while the process lives, so that the kernel lets go of it when
/// the process dies, however it dies. Readers need no lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace evobrnn {

inline constexpr const char* kLockFile = "lock";

/// Who holds a lock, as the file says.
struct LockHolder {
  std::string host;
  std::int64_t pid = 0;
  std::string since;  ///< "2026-01-31T12:00:00Z"
};

class RunLock {
 public:
  /// Takes the lock of the folder. Throws UsageError, with host, process and since when, where another process holds
  /// it, and where it is not certain that none does.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int file_ = -1;
};

/// The process that holds the folder now; nothing where none does.
std::optional<LockHolder> lock_holder(const std::filesystem::path& folder);

}  // namespace evobrnn
