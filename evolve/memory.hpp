// SPDX-License-Identifier: Apache-2.0
/// Memory of this machine, and what limits this process's share of it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace evobrnn {

/// Something that allows this process, or a group that it belongs to, so much memory and no more.
struct MemoryLimit {
  std::string name;        ///< "control group /slurm/job_1", "address space (ulimit -v)"
  std::int64_t limit = 0;  ///< bytes
  std::int64_t used = 0;   ///< bytes, without what the kernel keeps of files and gives back when asked
  bool addresses = false;  ///< counts what is reserved, not what is resident
  std::int64_t left() const { return limit > used ? limit - used : 0; }
};

/// All that are set: limits of the process (RLIMIT_AS, RLIMIT_DATA), of its control group, and of all groups above that
/// can be seen from here, of version 2 and of version 1.
std::vector<MemoryLimit> memory_limits();

/// The control groups alone: of a process with these /proc/PID/cgroup and /proc/PID/mountinfo.
std::vector<MemoryLimit> group_limits(std::istream& groups, std::istream& mounts);

/// Bytes that Linux says may still be used without swapping. The largest number where that is not known.
std::int64_t machine_available();

/// Bytes that may still be used: machine_available(), or less where a limit allows less.
std::int64_t available_memory();

}  // namespace evobrnn
