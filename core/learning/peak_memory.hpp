// SPDX-License-Identifier: Apache-2.0
/// Measures the largest number of bytes that the calling thread's tensors, and the kernels' workspaces, hold at one
/// time.
#pragma once

#include <cstdint>
#include <memory>

namespace evobrnn {

class PeakMemory {
 public:
  PeakMemory();   ///< starts counting on this thread
  ~PeakMemory();  ///< ends it
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;
  std::int64_t bytes() const;
  /// What is held now of all that was allocated since.
  std::int64_t held_bytes() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace evobrnn
