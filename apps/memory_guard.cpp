// SPDX-License-Identifier: Apache-2.0
#include "apps/memory_guard.hpp"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace evobrnn {
namespace {

/// Private writable memory of this process, in the kernel's own count.
std::int64_t held_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmData:")) return std::stoll(line.substr(line.find(':') + 1)) * 1024;
  }
  return 0;
}

}  // namespace

MemoryGuard::MemoryGuard(std::int64_t bytes) {
  ::malloc_trim(0);  // what former trials left unused is not given to the next one on top
  ::getrlimit(RLIMIT_DATA, &before_);
  auto limit = before_;
  limit.rlim_cur = std::min(before_.rlim_cur, static_cast<rlim_t>(held_bytes() + bytes));
  ::setrlimit(RLIMIT_DATA, &limit);
}

MemoryGuard::~MemoryGuard() { ::setrlimit(RLIMIT_DATA, &before_); }

}  // namespace evobrnn
