// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/workspace.hpp"

#include <c10/core/Allocator.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

namespace evobrnn::kernels {
namespace {

constexpr std::align_val_t kAlignment{128};

struct Block {
  void* data = nullptr;
  std::size_t capacity = 0;
};

void release(const Block& block) { ::operator delete(block.data, kAlignment); }

}  // namespace

/// Locked, because the last owner of a workspace may be another thread than the one that took it.
class WorkspacePool {
 public:
  ~WorkspacePool() {
    for (const auto& block : free_) release(block);
  }

  /// The smallest free block that is large enough. Where none is, a new one takes the place of the largest.
  Block take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto smaller = [](const Block& a, const Block& b) { return a.capacity < b.capacity; };
    std::sort(free_.begin(), free_.end(), smaller);
    auto found = std::lower_bound(free_.begin(), free_.end(), Block{nullptr, bytes}, smaller);
    if (found == free_.end()) {
      if (!free_.empty()) {
        release(free_.back());
        free_.pop_back();
      }
      return {::operator new(bytes, kAlignment), bytes};
    }
    const Block block = *found;
    free_.erase(found);
    return block;
  }

  void put_back(const Block& block) {
    const std::lock_guard lock(mutex_);
    free_.push_back(block);
  }

 private:
  std::mutex mutex_;
  std::vector<Block> free_;
};

namespace {

const std::shared_ptr<WorkspacePool>& pool_of_thread() {
  thread_local const auto pool = std::make_shared<WorkspacePool>();
  return pool;
}

void report(void* data, std::int64_t bytes) {
  if (c10::memoryProfilingEnabled()) c10::reportMemoryUsageToProfiler(data, bytes, 0, 0, c10::kCPU);
}

}  // namespace

Workspace::Workspace(std::size_t bytes) : pool_(pool_of_thread()), bytes_(bytes) {
  const auto block = pool_->take(bytes);
  data_ = block.data;
  capacity_ = block.capacity;
  report(data_, static_cast<std::int64_t>(bytes_));
}

Workspace::~Workspace() {
  report(data_, -static_cast<std::int64_t>(bytes_));
  pool_->put_back({data_, capacity_});
}

}  // namespace evobrnn::kernels
