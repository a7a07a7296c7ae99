// SPDX-License-Identifier: Apache-2.0
/// What a running comparison shows.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "view/views.hpp"

namespace evobrnn {

/// One line that is rewritten on a terminal; elsewhere a line a finished repetition, or a JSON event. Thread-safe.
class ComparisonView {
 public:
  /// `flops`: of the whole comparison; `repetitions`: over all arms.
  ComparisonView(ViewKind kind, double flops, std::int64_t repetitions);
  ~ComparisonView();
  ComparisonView(const ComparisonView&) = delete;
  ComparisonView& operator=(const ComparisonView&) = delete;

  void trained(double flops);
  /// A repetition is done. `planned`: what it was to cost; `trained`: what of that was spent in this process.
  void finished(const std::string& arm, std::int64_t repeat, const std::string& result, double planned, double trained);

 private:
  std::string line() const;
  void redraw();

  const ViewKind kind_;
  const double flops_;
  const std::int64_t repetitions_;
  const bool live_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::int64_t finished_ = 0, trainings_ = 0;
  double done_ = 0, trained_ = 0;  ///< FLOPs: in all, and in this process
};

}  // namespace evobrnn
