// SPDX-License-Identifier: Apache-2.0
/// Interval discrimination: two pulses, a gap apart; at the end of the sequence the network says whether the gap was
/// longer than half of the longest one. After the comparison of durations in Merchant, Harrington & Meck (2013), Annual
/// Review of Neuroscience 36: 313.
#pragma once

#include <evobrnn/core/tasks/task.hpp>

namespace own_task {

class Interval final : public evobrnn::Task {
 public:
  explicit Interval(const evobrnn::TaskSettings& settings);
  evobrnn::TaskShape shape() const override { return shape_; }
  void fill(evobrnn::Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype,
            evobrnn::Batch& batch) const override;

 private:
  const std::int64_t seed_, longest_gap_;
  evobrnn::TaskShape shape_;
};

/// The task as the registry wants it.
evobrnn::TaskEntry interval();

}  // namespace own_task
