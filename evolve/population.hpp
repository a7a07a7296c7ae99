// SPDX-License-Identifier: Apache-2.0
/// The evaluation behind a search: genomes in, fitness out, each genome trained at most once.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evolve/strategies/strategy.hpp"
#include "evolve/trial_runner.hpp"

namespace evobrnn {

/// Used by one thread at a time, as strategies do; the trials themselves run on the executor. Everything given must
/// outlive it.
class PopulationEvaluation final : public Evaluation {
 public:
  PopulationEvaluation(const SearchPlan& plan, Ledger& ledger, Executor& executor, SearchObserver& observer,
                       const std::atomic<bool>& stop);

  std::vector<double> evaluate(const std::vector<Proposal>& proposals) override;
  void end_generation() override;
  bool stopped() const override { return exhausted_ || runner_.stopped(); }
  /// Stopped before its end, by the user or a limit of the run.
  bool interrupted() const { return runner_.stopped(); }

  /// What must not be thrown through pagmo2 or TBB, thrown now: a LedgerError, an exception of the observer.
  void rethrow_failure() const { runner_.rethrow_failure(); }
  /// The best trial that is ok, ties to the lowest id.
  const std::optional<LedgerTrial>& best() const { return best_; }
  const std::optional<LedgerTrial>& best_of_first_generation() const { return best_of_first_; }
  /// Trains champion, best of generation 0 and the default settings on fresh seeds. Nothing where stopped before the
  /// end, where no trial was ok, or where the settings want no final tests.
  std::vector<FinalRow> final_tests();
  SearchProgress progress() const { return runner_.progress(); }
  /// The limit of the run that was reached; empty: none.
  std::string limit() const { return runner_.limit(); }

 private:
  std::vector<double> evaluate_all(const std::vector<Proposal>& proposals);
  TrialRequest request(const TrialKey& key) const;
  /// Whether the search's budget allows this trial too; after a no it stays with no.
  bool affords(const Candidate& candidate);
  /// What a trial that did not end well takes from the budget, by what was expected of it.
  double charge_of_failed(double cost) const;
  std::vector<FinalRow> final_rows() const;
  TrialRequest final_request(const FinalRow& row, std::int64_t repeat) const;
  /// The share of the full effort that search.flops and final.flops leave to each of the final trainings.
  double final_fidelity(const FinalRow& row) const;
  std::vector<std::int64_t> ids_of(const std::vector<Genome>& genomes) const;
  std::optional<std::int64_t> known_id(const TrialKey& key) const;
  void keep_best(const LedgerTrial& trial);

  // Of thousands of trials only what the search itself needs: the rest is in the ledger.
  const SearchPlan& plan_;
  Ledger& ledger_;
  TrialRunner runner_;
  std::int64_t generation_ = 0, proposed_ = 0;  ///< proposed_: proposals of this generation so far
  std::int64_t barren_ = 0;                     ///< generations in a row that asked for nothing new
  std::int64_t count_ = 0;                      ///< distinct trials so far: the last one's id
  /// Ids of those proposed last, by genome and repeat, which the ledger may not hold yet.
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> batch_;
  std::vector<double> fitness_;      ///< of the search's trials, that of id i at i − 1
  double spent_ = 0, expected_ = 0;  ///< cost of the search's trials that ended, and of those about to be trained
  double charged_ = 0;               ///< as spent_, but failed ones at what was expected of them
  bool exhausted_ = false;           ///< the search's budget is spent, or nothing new is left to try
  std::optional<LedgerTrial> best_, best_of_first_;
};

}  // namespace evobrnn
