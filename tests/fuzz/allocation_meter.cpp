// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/allocation_meter.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace evobrnn::fuzzing {
namespace {

std::atomic<std::int64_t> live{0}, peak{0};
std::atomic<std::int64_t> live_at_start{0};

void raise_peak(std::int64_t to) {
  auto known = peak.load(std::memory_order_relaxed);
  while (known < to && !peak.compare_exchange_weak(known, to, std::memory_order_relaxed)) {
  }
}

void taken(std::size_t bytes) {
  const auto size = static_cast<std::int64_t>(bytes);
  raise_peak(live.fetch_add(size, std::memory_order_relaxed) + size - live_at_start.load(std::memory_order_relaxed));
}

void given_back(std::size_t bytes) { live.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed); }

}  // namespace

void start_metering() {
  live_at_start = live.load();
  peak = 0;
}

std::size_t peak_allocation() { return static_cast<std::size_t>(peak.load()); }

}  // namespace evobrnn::fuzzing

using namespace evobrnn::fuzzing;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

// GCC ships the runtime without this part of its headers.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                              void (*on_free)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void* memory);
}

namespace {

void on_malloc(const volatile void*, std::size_t bytes) { taken(bytes); }
void on_free(const volatile void* memory) {
  if (memory) given_back(__sanitizer_get_allocated_size(memory));
}
// What was allocated before this is part of no difference: given back, it makes the count smaller, never larger.
const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace

#else

#include <malloc.h>

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

static void* counted(void* memory, std::size_t wanted) {
  if (memory) taken(malloc_usable_size(memory));
  else raise_peak(static_cast<std::int64_t>(std::min<std::size_t>(wanted, INT64_MAX)));
  return memory;
}

void* malloc(std::size_t bytes) { return counted(__libc_malloc(bytes), bytes); }

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  return counted(__libc_calloc(count, size), __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

void* realloc(void* memory, std::size_t bytes) {
  const auto before = memory ? malloc_usable_size(memory) : 0;
  auto* moved = __libc_realloc(memory, bytes);
  if (moved || bytes == 0) given_back(before);
  return moved || bytes > 0 ? counted(moved, bytes) : nullptr;
}

void* memalign(std::size_t alignment, std::size_t bytes) { return counted(__libc_memalign(alignment, bytes), bytes); }
void* aligned_alloc(std::size_t alignment, std::size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void** result, std::size_t alignment, std::size_t bytes) {
  auto* memory = memalign(alignment, bytes);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

void free(void* memory) {
  if (memory) given_back(malloc_usable_size(memory));
  __libc_free(memory);
}

}  // extern "C"

#endif
