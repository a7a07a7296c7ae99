// SPDX-License-Identifier: Apache-2.0
/// A limit on this process's memory that the kernel enforces.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace evobrnn {

/// While it lives, the process gets no more than so many bytes beyond what it holds already: allocations fail then. It
/// limits private memory (RLIMIT_DATA), not addresses (RLIMIT_AS), of which LibTorch reserves far more than it uses.
class MemoryGuard {
 public:
  explicit MemoryGuard(std::int64_t bytes);
  ~MemoryGuard();
  MemoryGuard(const MemoryGuard&) = delete;
  MemoryGuard& operator=(const MemoryGuard&) = delete;

 private:
  rlimit before_{};
};

}  // namespace evobrnn
