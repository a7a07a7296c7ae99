// SPDX-License-Identifier: Apache-2.0
/// The limits of a run, and of a trial beside its peers. Not thread-safe but for out_of_time(): their owner holds a
/// lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evolve/search_settings.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// How much a run may do. Trials and operations are counted in the order of proposal, so that a run ends after the same
/// trials with any number of workers.
class RunLimits {
 public:
  /// Its time begins now.
  explicit RunLimits(const LimitSettings& settings) : settings_(settings) {}

  /// Whether the time since it was made is over.
  bool out_of_time() const;
  /// Whether this trial, the next in order, may be trained. After a no it stays with no.
  bool admit(std::int64_t id, double expected_flops);
  /// The next in order was trained before. It counts as it did then, so that a second start ends where the first did.
  void expect(double flops) { expected_ += flops; }
  /// What a trial cost that ended; in place of what was expected of all those admitted.
  void settle(const std::vector<double>& flops);
  /// The limit that was reached, as "run.max_trials = 20"; empty: none.
  std::string reached() const;

 private:
  const LimitSettings settings_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double spent_ = 0, expected_ = 0;  ///< FLOPs of trials that ended, and of those admitted since
  std::string reached_;
};

/// How long trials take for their size.
class Pace {
 public:
  /// `quantile`: a trial that is slower than this share of the finished ones has to end; 0: none has.
  explicit Pace(double quantile) : quantile_(quantile) {}

  /// Takes in a trial that ended well: its expected cost, in any unit, and its time.
  void finished(double cost, double seconds);
  /// The seconds that a trial of this cost may take; nothing until enough trials have finished for the quantile to mean
  /// something: 1 / (1 − quantile).
  std::optional<double> limit(double cost) const;

 private:
  const double quantile_;
  std::vector<double> seconds_per_cost_;  ///< ascending
};

}  // namespace evobrnn
