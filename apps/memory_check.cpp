// SPDX-License-Identifier: Apache-2.0
#include "apps/memory_check.hpp"

#include <fmt/format.h>

#include "evolve/run_lock.hpp"

namespace evobrnn {
namespace {

// Measured as VmSize and VmRSS of a process before its first training and while it trains.
constexpr std::int64_t kReserved = 300'000'000, kResident = 180'000'000;
constexpr std::int64_t kReservedAWorker = 80'000'000, kResidentAWorker = 5'000'000;

}  // namespace

std::int64_t needed_bytes_of(const MemoryLimit& limit, int workers, std::int64_t bytes_of_one) {
  const auto more = static_cast<std::int64_t>(workers - 1);
  return bytes_of_one + (limit.addresses ? kReserved + more * kReservedAWorker : kResident + more * kResidentAWorker);
}

void require_memory(int workers, std::int64_t bytes_of_one) {
  auto limits = memory_limits();
  limits.push_back({"the machine", machine_available(), 0, false});
  for (const auto& limit : limits) {
    const auto needed = needed_bytes_of(limit, workers, bytes_of_one);
    if (limit.left() >= needed) continue;
    throw UsageError(
        fmt::format("too little memory to train with {} worker{}: {} of {} are left in: {}. About {} are needed there: "
                    "raise the limit, "
                    "or set run.workers to fewer",
                    workers, workers == 1 ? "" : "s", memory_size_text(limit.left()), memory_size_text(limit.limit),
                    limit.name, memory_size_text(needed)));
  }
}

std::string memory_size_text(std::int64_t bytes) {
  constexpr double kMegabyte = 1e6, kGigabyte = 1e9;
  const auto size = static_cast<double>(bytes);
  return size < kGigabyte ? fmt::format("{:.0f} MB", size / kMegabyte) : fmt::format("{:.1f} GB", size / kGigabyte);
}

}  // namespace evobrnn
