// SPDX-License-Identifier: Apache-2.0
/// What the arms of a comparison come to: the statistics, ready to be printed, and the sentence that sums them up.
///
/// What is decided rests on the exact paired signed-rank test over the repetitions, corrected over the pairs by Holm,
/// and on the interval that belongs to it; everything else describes. Where there are too few repetitions, or no
/// scores, the numbers that would mean nothing are not there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evolve/comparison/arm_record.hpp"
#include "evolve/comparison/comparison_settings.hpp"
#include "evolve/search_settings.hpp"
#include "evolve/statistics/bootstrap.hpp"
#include "evolve/statistics/curves.hpp"
#include "evolve/statistics/importance.hpp"
#include "evolve/statistics/summary.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// How far gradients moved a hyperparameter from where it started.
struct Movement {
  Summary start;             ///< over the repetitions, before training
  Summary end;               ///< over the repetitions, after training
  double median_change = 0;  ///< of end − start
};

/// What one division of the time step did to the accuracy.
struct StepCheck {
  std::int64_t divisor = 2;  ///< the time step is divided by it
  double median_change = 0;  ///< of the test score, finer − as trained
  double p = 1;              ///< of the signed-rank test that it changes
  bool depends = false;      ///< p ≤ alpha after Holm over divisors, and the change is beyond the margin
};

/// One arm over all repetitions.
struct ArmSummary {
  std::vector<double> tests;                ///< of the repetitions that have a score
  std::optional<Summary> test;              ///< nothing where none has
  std::optional<Interval> mean_interval;    ///< BCa, of the mean test score
  std::optional<Interval> median_interval;  ///< BCa, of the median test score
  Spending search;                          ///< of the searches of all repetitions
  Spending finals;                          ///< of the final trainings of all repetitions
  std::int64_t failed_repeats = 0;          ///< without a test score
  CurveBand curve;                          ///< best validation score so far, over FLOPs spent
  std::optional<double> mean_height;        ///< median over repetitions of the mean best score over the compute
  std::int64_t reached_target = 0;          ///< repetitions that got to the target
  std::optional<double> cost_of_target;     ///< median of its cost; nothing where half of them never got there
  std::map<std::string, Summary> chosen;    ///< what the searches chose, by settings path
  std::map<std::string, Movement> moved;    ///< what gradients trained, by name
  std::optional<Importance> importance;     ///< of the arm's genes for the validation score, over all repetitions
  std::vector<StepCheck> steps;             ///< one a divisor; empty where it was not checked
};

/// What a pair of arms comes to.
enum class Verdict {
  better,         ///< the first arm is
  worse,          ///< the first arm is
  little_better,  ///< the first arm is, but by less than the margin: a difference, and equivalence, were shown
  little_worse,   ///< likewise
  equivalent,     ///< within the margin; no difference was shown
  undecided,      ///< neither a difference nor equivalence was shown
  too_few,        ///< so few pairs that no result could have shown a difference
  identical,      ///< every pair has the same score twice
  nothing         ///< an arm has no scores
};
/// In words, as the tables show it.
std::string to_text(Verdict verdict);
/// Whether it says that the arms differ.
bool is_difference(Verdict verdict);

/// Two arms, over the repetitions in which both have a score.
struct PairSummary {
  std::size_t first = 0;               ///< index of an arm
  std::size_t second = 0;              ///< index of the other arm; differences are first − second
  std::size_t pairs = 0;               ///< repetitions in which both have a score
  Verdict verdict = Verdict::nothing;  ///< what it comes to
  std::vector<double> differences;     ///< of the test scores, one a pair
  std::vector<std::int64_t> repeats;   ///< the repetition, from 0, of each difference
  // What follows is there where it means something.
  std::optional<double> mean_difference;   ///< mean of the differences
  std::optional<double> shift;             ///< of the differences, by Hodges and Lehmann
  std::optional<Interval> shift_interval;  ///< exact, of the shift
  std::optional<Interval> mean_interval;   ///< BCa, of the mean difference
  std::optional<double> p;                 ///< of the exact signed-rank test, two-sided
  std::optional<double> p_holm;            ///< the same, corrected over all pairs
  std::optional<double> p_permutation;     ///< sign_flip_p()
  std::optional<double> p_equivalence;     ///< equivalence_p() within the margin
  /// The interval of the mean difference at 1 − 2 alpha that belongs to equivalence_p(), before the correction.
  std::optional<Interval> equivalence_interval;
  std::optional<double> improvement;   ///< probability_of_improvement(), of pairs
  std::optional<double> correlation;   ///< of the pairs' two scores
  std::optional<double> a12;           ///< vargha_delaney(): of any two repetitions
  std::optional<double> cliff;         ///< cliffs_delta()
  std::optional<double> standardised;  ///< standardised_difference()
  /// Smallest shift, in units of the score, that this many pairs of this spread see with 80 % probability at the level
  /// that is left after the correction.
  std::optional<double> detectable;
  std::string note;  ///< why an interval and a p of this pair seem to contradict each other; empty where none does
};

/// A whole comparison: what the arms did, and what it comes to.
struct Comparison {
  ComparisonSettings settings;            ///< [compare] of its file
  ScoreKind score = ScoreKind::accuracy;  ///< of the task
  std::vector<ArmRecord> arms;            ///< what each arm did
  std::vector<ArmSummary> summaries;      ///< one an arm
  std::vector<PairSummary> pairs;         ///< every pair of arms, or those with the reference
  double target = 0;                      ///< the validation score of the target
  std::optional<double> spread;           ///< largest over smallest FLOPs of the arms, − 1
  std::vector<std::string> conclusion;    ///< sentences, the main one first
  std::vector<std::string> warnings;      ///< what limits it
};

/// `seed`: of resampling and of the forests.
Comparison compare_arms(const ComparisonSettings& settings, ScoreKind score, std::vector<ArmRecord> arms,
                        std::uint64_t seed, int resamples = kResamples);

/// The pairs of so many arms that are compared: all, or those with the reference.
std::size_t compared_pairs(const ComparisonSettings& settings, std::size_t arms);
/// Says, before anything is trained, that no p of so many pairs of arms can reach alpha, whatever the scores; nothing
/// where one can.
std::optional<std::string> out_of_reach(const ComparisonSettings& settings, std::size_t arms);

}  // namespace evobrnn
