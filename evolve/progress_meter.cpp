// SPDX-License-Identifier: Apache-2.0
#include "evolve/progress_meter.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace evobrnn {
namespace {

std::optional<double> median(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

ProgressMeter::ProgressMeter(Expectation expectation, std::function<double()> seconds)
    : expected_(std::move(expectation)), seconds_(std::move(seconds)), begin_(seconds_()) {
  progress_.generations = expected_.generations;
}

void ProgressMeter::propose(double cost) {
  ++progress_.proposed;
  ++total_proposed_;
  proposed_cost_ += cost;
  if (final_phase_) final_cost_ = std::max(final_cost_.value_or(0), cost);
}

void ProgressMeter::start(std::int64_t id, double cost) {
  ++progress_.running;
  under_way_[id] = {cost, seconds_()};
}

void ProgressMeter::end() { --progress_.running; }

void ProgressMeter::finish(const LedgerTrial& trial, double cost) {
  under_way_.erase(trial.id);
  ++trained_;
  trained_cost_ += cost;
  progress_.training_seconds += trial.result.cost.wall_seconds;
  count(trial, cost);
}

void ProgressMeter::reuse(const LedgerTrial& trial, double cost) {
  ++progress_.total_reused;
  if (final_phase_) ++reused_finals_;
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
      if (expected_.final_cost) final_cost_ = expected_.final_cost(trial.key.genome);
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
  final_begin_ = seconds_();
  final_cost_.reset();
  progress_.proposed = progress_.done = 0;
}

std::int64_t ProgressMeter::upcoming() const {
  if (final_phase_) return 0;
  const auto generations_left = std::max<std::int64_t>(0, expected_.generations - progress_.generation);
  return std::max<std::int64_t>(0, expected_.population * generations_left - progress_.proposed);
}

double ProgressMeter::mean_cost() const {
  return total_proposed_ > 0 ? proposed_cost_ / static_cast<double>(total_proposed_) : 0;
}

/// Of trials under way what their time so far says, at most kMost of each.
double ProgressMeter::part_done() const {
  constexpr double kMost = 0.95;
  const double pace = trained_cost_ > 0 ? progress_.training_seconds / trained_cost_ : 0;
  double part = 0;
  for (const auto& [id, training] : under_way_) {
    const double whole = training.cost * pace;
    if (whole > 0) part += training.cost * std::min(kMost, (seconds_() - training.begin) / whole);
  }
  return part;
}

double ProgressMeter::pace() const { return (seconds_() - begin_) / (trained_cost_ + part_done()); }

double ProgressMeter::search_cost_left() const {
  if (final_phase_) return 0;
  const double left = proposed_cost_ - done_cost_ - part_done() + static_cast<double>(upcoming()) * mean_cost();
  const double bounded =
      expected_.search_cost > 0 ? std::min(left, expected_.search_cost - done_cost_ - part_done()) : left;
  return std::max(0.0, bounded);
}

double ProgressMeter::final_cost_left() const {
  if (final_phase_) return std::max(0.0, proposed_cost_ - done_cost_ - part_done());
  return static_cast<double>(expected_.final_tests) * final_cost_.value_or(mean_cost());
}

/// Trainings of one kind that run side by side end together: with fewer of them than workers, no more workers help.
double ProgressMeter::final_seconds_left() const {
  const double cost = final_cost_left();
  if (cost <= 0) return 0;
  const auto tests = final_phase_ ? progress_.proposed - reused_finals_ : expected_.final_tests;
  const auto workers = std::max<std::int64_t>(1, expected_.workers);
  const auto rounds = static_cast<double>((tests + workers - 1) / workers);
  const double whole = rounds * final_cost_.value_or(mean_cost()) * progress_.training_seconds / trained_cost_;
  const double gone = final_phase_ ? seconds_() - final_begin_ : 0;
  return std::max(whole - gone, cost * pace());
}

SearchProgress ProgressMeter::progress() const {
  auto progress = progress_;
  const auto finals_left = final_phase_ ? 0 : expected_.final_tests;
  progress.total_expected = total_proposed_ + upcoming() + finals_left;
  progress.median = median(scores_);
  progress.elapsed_seconds = seconds_() - begin_;
  if (progress.elapsed_seconds > 0)
    progress.trials_per_minute = 60 * static_cast<double>(trained_) / progress.elapsed_seconds;
  const double done = done_cost_ + part_done(), left = search_cost_left() + final_cost_left();
  if (done + left > 0) progress.share_done = done / (done + left);
  if (trained_cost_ > 0)
    progress.remaining_seconds = search_cost_left() * pace() + final_seconds_left();
  return progress;
}

}  // namespace evobrnn
