// SPDX-License-Identifier: Apache-2.0
#include "evolve/progress_meter.hpp"

#include <algorithm>
#include <optional>

namespace evobrnn {
namespace {

std::optional<double> median(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

ProgressMeter::ProgressMeter(const Expectation& expectation) : expected_(expectation) {
  progress_.generations = expectation.generations;
}

void ProgressMeter::propose(double cost) {
  ++progress_.proposed;
  ++total_proposed_;
  proposed_cost_ += cost;
}

void ProgressMeter::start() { ++progress_.running; }

void ProgressMeter::end() { --progress_.running; }

void ProgressMeter::finish(const LedgerTrial& trial, double cost) {
  ++trained_;
  trained_cost_ += cost;
  progress_.training_seconds += trial.result.cost.wall_seconds;
  count(trial, cost);
}

void ProgressMeter::reuse(const LedgerTrial& trial, double cost) {
  ++progress_.total_reused;
  count(trial, cost);
}

void ProgressMeter::count(const LedgerTrial& trial, double cost) {
  ++progress_.done;
  ++progress_.total_done;
  done_cost_ += cost;
  progress_.peak_bytes = std::max(progress_.peak_bytes, trial.result.cost.peak_bytes);
  if (trial.result.status != TrialStatus::ok) {
    ++progress_.total_failed;
    ++progress_.failures[trial.result.status];
  } else if (!final_phase_) {
    scores_.insert(std::upper_bound(scores_.begin(), scores_.end(), trial.result.score), trial.result.score);
    if (!progress_.best || trial.result.score > *progress_.best) {
      progress_.best = trial.result.score;
      progress_.best_genome = trial.key.genome;
    }
  }
}

void ProgressMeter::end_generation() {
  ++progress_.generation;
  progress_.proposed = progress_.done = 0;
  scores_.clear();
}

void ProgressMeter::begin_final_tests() {
  final_phase_ = true;
  progress_.proposed = progress_.done = 0;
}

std::int64_t ProgressMeter::upcoming() const {
  if (final_phase_) return 0;
  const auto generations_left = std::max<std::int64_t>(0, expected_.generations - progress_.generation);
  return std::max<std::int64_t>(0, expected_.population * generations_left - progress_.proposed);
}

SearchProgress ProgressMeter::progress() const {
  auto progress = progress_;
  const auto finals_left = final_phase_ ? 0 : expected_.final_tests;
  progress.total_expected = total_proposed_ + upcoming() + finals_left;
  progress.median = median(scores_);
  progress.elapsed_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  if (progress.elapsed_seconds > 0)
    progress.trials_per_minute = 60 * static_cast<double>(trained_) / progress.elapsed_seconds;
  if (trained_cost_ > 0) {
    const auto mean_cost = proposed_cost_ / static_cast<double>(total_proposed_);
    const auto cost_left = proposed_cost_ - done_cost_ + static_cast<double>(upcoming()) * mean_cost +
                           static_cast<double>(finals_left) * expected_.final_cost;
    progress.remaining_seconds = std::max(0.0, cost_left) * progress.elapsed_seconds / trained_cost_;
  }
  return progress;
}

}  // namespace evobrnn
