// SPDX-License-Identifier: Apache-2.0
/// Counts what a search has done and estimates what is left, by what trainings cost and not by how many there are:
/// final tests are often the longer part. Not thread-safe: its owner holds a lock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "evolve/observer.hpp"

namespace evobrnn {

class ProgressMeter {
 public:
  /// What a search is expected to be: costs are in the unit of SearchPlan::cost.
  struct Expectation {
    std::int64_t generations = 0, population = 0, final_tests = 0;
    std::int64_t workers = 1;  ///< that train at once
    double search_cost = 0;    ///< budget of the search; 0: none
    /// Of one final test, on average, where the search's best is this genome; nothing where it cannot be told. May be
    /// empty: as much as a trial of the search.
    std::function<std::optional<double>(const std::string& best_genome)> final_cost;
  };

  /// `seconds`: the clock, which never goes back.
  explicit ProgressMeter(Expectation expectation, std::function<double()> seconds = wall_seconds);

  void propose(double cost);  ///< one more trial of the generation under way, or one more final test
  void start(std::int64_t id, double cost);
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
  struct UnderWay {
    double cost = 0, begin = 0;
  };

  double mean_cost() const;  ///< of what was proposed so far
  double part_done() const;
  double pace() const;  ///< seconds a unit of cost, all workers together
  double search_cost_left() const;
  double final_cost_left() const;
  double final_seconds_left() const;

  Expectation expected_;
  SearchProgress progress_;
  std::vector<double> scores_;  ///< of this generation, sorted
  bool final_phase_ = false;
  std::int64_t total_proposed_ = 0, trained_ = 0;
  std::int64_t reused_finals_ = 0;
  std::map<std::int64_t, UnderWay> under_way_;  ///< by the id of the trial, until it is in the ledger
  double proposed_cost_ = 0, done_cost_ = 0, trained_cost_ = 0;
  std::optional<double> final_cost_;  ///< of a final test: predicted, and once they are proposed that of the longest
  std::function<double()> seconds_;
  double begin_ = 0, final_begin_ = 0;
};

}  // namespace evobrnn
