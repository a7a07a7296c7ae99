// SPDX-License-Identifier: Apache-2.0
#include "core/learning/peak_memory.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/version.h>

#include <algorithm>

namespace evobrnn {
namespace {

#if TORCH_VERSION_MAJOR >= 2
using Total = std::size_t;
#else
using Total = std::int64_t;
#endif

/// LibTorch's allocator tells the thread's memory reporter of every allocation (positive) and release (negative).
class Counter final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t bytes, Total, Total, c10::Device) override {
    current_ += bytes;
    peak_ = std::max(peak_, current_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t peak() const { return peak_; }
  std::int64_t current() const { return current_; }

 private:
  std::int64_t current_ = 0, peak_ = 0;
};

}  // namespace

struct PeakMemory::Implementation {
  std::shared_ptr<Counter> counter = std::make_shared<Counter>();
  c10::DebugInfoGuard guard{c10::DebugInfoKind::PROFILER_STATE, counter};
};

PeakMemory::PeakMemory() : implementation_(std::make_unique<Implementation>()) {}
PeakMemory::~PeakMemory() = default;
std::int64_t PeakMemory::bytes() const { return implementation_->counter->peak(); }
std::int64_t PeakMemory::held_bytes() const { return implementation_->counter->current(); }

}  // namespace evobrnn
