// SPDX-License-Identifier: Apache-2.0
/// The order in which training samples are seen: every epoch a fresh permutation from the trial's own generator.
#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace evobrnn {

class SampleOrder {
 public:
  /// `budget`: samples to hand out in all, epoch after epoch. The last batch of an epoch, and of the budget, may be
  /// short.
  SampleOrder(std::int64_t samples, std::int64_t batch, std::int64_t budget, at::Generator generator);

  /// Batches that next() gives in all.
  std::int64_t batches() const { return batches_of(budget_); }
  std::int64_t batches_per_epoch() const { return (samples_ + batch_ - 1) / batch_; }
  /// The indices of the next batch, until the call after; empty once the budget is used up.
  const std::vector<std::int64_t>& next();
  /// Samples and batches that next() has given.
  std::int64_t given() const { return given_; }
  std::int64_t batches_given() const { return batches_of(given_); }

  /// Where it stands. `restore` throws StateError or a JSON exception for anything but a state of the same order.
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  std::int64_t batches_of(std::int64_t samples) const;

  const std::int64_t samples_, batch_, budget_;
  std::int64_t position_ = 0, given_ = 0;
  std::vector<std::int64_t> order_, batch_indices_;
  at::Generator generator_;
};

}  // namespace evobrnn
