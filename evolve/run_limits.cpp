// SPDX-License-Identifier: Apache-2.0
#include "evolve/run_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evobrnn {

bool RunLimits::out_of_time() const {
  if (settings_.max_seconds <= 0) return false;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count() > settings_.max_seconds;
}

bool RunLimits::admit(std::int64_t id, double expected_flops) {
  if (!reached_.empty()) return false;
  if (settings_.max_trials > 0 && id > settings_.max_trials) {
    reached_ = fmt::format("run.max_trials = {}", settings_.max_trials);
  } else if (settings_.max_flops > 0 && spent_ + expected_ + expected_flops > settings_.max_flops) {
    reached_ = fmt::format("run.max_flops = {:g}", settings_.max_flops);
  } else {
    expect(expected_flops);
  }
  return reached_.empty();
}

void RunLimits::settle(const std::vector<double>& flops) {
  for (const double f : flops) spent_ += f;
  expected_ = 0;
}

std::string RunLimits::reached() const {
  return reached_.empty() && out_of_time() ? fmt::format("run.max_seconds = {:g}", settings_.max_seconds) : reached_;
}

void Pace::finished(double cost, double seconds) {
  if (quantile_ <= 0 || cost <= 0) return;
  const double pace = seconds / cost;
  seconds_per_cost_.insert(std::upper_bound(seconds_per_cost_.begin(), seconds_per_cost_.end(), pace), pace);
}

std::optional<double> Pace::limit(double cost) const {
  const auto count = static_cast<double>(seconds_per_cost_.size());
  if (quantile_ <= 0 || cost <= 0 || count * (1 - quantile_) < 1) return std::nullopt;
  const auto rank = static_cast<std::size_t>(std::ceil(quantile_ * count)) - 1;
  return seconds_per_cost_[rank] * cost;
}

}  // namespace evobrnn
