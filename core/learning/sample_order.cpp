// SPDX-License-Identifier: Apache-2.0
#include "core/learning/sample_order.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/learning/state.hpp"

namespace evobrnn {

SampleOrder::SampleOrder(std::int64_t samples, std::int64_t batch, std::int64_t budget, at::Generator generator)
    : samples_(samples), batch_(batch), budget_(budget), position_(samples), generator_(std::move(generator)) {}

std::int64_t SampleOrder::batches_of(std::int64_t samples) const {
  const auto rest = samples % samples_;
  return samples / samples_ * batches_per_epoch() + (rest + batch_ - 1) / batch_;
}

const std::vector<std::int64_t>& SampleOrder::next() {
  batch_indices_.clear();
  if (given_ == budget_) return batch_indices_;
  if (position_ == samples_) {
    const auto permutation = at::randperm(samples_, generator_, at::TensorOptions().dtype(at::kLong));
    order_.assign(permutation.data_ptr<std::int64_t>(), permutation.data_ptr<std::int64_t>() + samples_);
    position_ = 0;
  }
  const auto count = std::min({batch_, samples_ - position_, budget_ - given_});
  const auto first = order_.begin() + position_;
  position_ += count;
  given_ += count;
  batch_indices_.assign(first, first + count);
  return batch_indices_;
}

nlohmann::json SampleOrder::state() const {
  return {{"position", position_}, {"given", given_}, {"order", order_}, {"generator", to_state(generator_)}};
}

void SampleOrder::restore(const nlohmann::json& state) {
  position_ = to_integer(state.at("position"));
  given_ = to_integer(state.at("given"));
  order_.clear();
  if (!state.at("order").is_array()) throw StateError("a stored order of samples is no list");
  for (const auto& sample : state.at("order")) order_.push_back(to_integer(sample));
  const auto size = static_cast<std::int64_t>(order_.size());
  const bool inside =
      std::all_of(order_.begin(), order_.end(), [this](std::int64_t i) { return i >= 0 && i < samples_; });
  const auto rest = given_ >= 0 ? given_ % samples_ : 0;
  const bool between_batches = given_ >= 0 && given_ <= budget_ && (given_ == budget_ || rest % batch_ == 0) &&
                               position_ == (rest > 0 ? rest : samples_);
  if (!inside || !between_batches || (position_ < samples_ && size != samples_))
    throw StateError("a stored order of samples is not one of this task");
  evobrnn::restore(state.at("generator"), generator_);
}

}  // namespace evobrnn
