// SPDX-License-Identifier: Apache-2.0
/// Counts what a search has done and estimates what is left. Not thread-safe: its owner holds a lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "evolve/observer.hpp"

namespace evobrnn {

class ProgressMeter {
 public:
  /// What a search is expected to be: costs are in the unit of SearchPlan::cost.
  struct Expectation {
    std::int64_t generations = 0, population = 0, final_tests = 0;
    double final_cost = 0;  ///< of one final test
  };

  explicit ProgressMeter(const Expectation& expectation);

  void propose(double cost);  ///< one more trial of the generation under way, or one more final test
  void start();
  void end();                                          ///< a started trial runs no more
  void finish(const LedgerTrial& trial, double cost);  ///< and it counts: it is in the ledger
  void reuse(const LedgerTrial& trial, double cost);   ///< the ledger knew a proposed trial
  void end_generation();
  void begin_final_tests();
  SearchProgress progress() const;

 private:
  void count(const LedgerTrial& trial, double cost);
  /// Search trials that later proposals may still bring, at most.
  std::int64_t upcoming() const;

  Expectation expected_;
  SearchProgress progress_;
  std::vector<double> scores_;  ///< of this generation, sorted
  bool final_phase_ = false;
  std::int64_t total_proposed_ = 0, trained_ = 0;
  double proposed_cost_ = 0, done_cost_ = 0, trained_cost_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace evobrnn
