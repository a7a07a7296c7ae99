// SPDX-License-Identifier: Apache-2.0
/// Memory that passes work in, kept by each thread and used again, so that a training step allocates nothing.
#pragma once

#include <cstddef>
#include <memory>

namespace [[gnu::visibility("default")]] evobrnn {
namespace kernels {

class WorkspacePool;

/// A stretch of memory from its thread's pool; goes back there when it dies. What it holds at first is undefined. While
/// it lives it counts as memory in use in LibTorch's reports, as a tensor's does.
class Workspace {
 public:
  /// Of the calling thread. Throws std::bad_alloc.
  explicit Workspace(std::size_t bytes);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  void* data() const { return data_; }  ///< aligned to 128 bytes

 private:
  const std::shared_ptr<WorkspacePool> pool_;
  const std::size_t bytes_;
  std::size_t capacity_ = 0;
  void* data_ = nullptr;
};

}  // namespace kernels
}  // namespace evobrnn
