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
#include "evolve/statistics/curves.hpp"
#include "evolve/statistics/importance.hpp"
#include "evolve/statistics/summary.hpp"

namespace evobrnn {

/// How far gradients moved a hyperparameter from where it started.
struct Movement {
  Summary start, end;
  double median_change = 0;  ///< of end − start
};

/// What one division of the time step did to the accuracy.
struct StepCheck {
  std::int64_t divisor = 2;
  double median_change = 0;  ///< of the test score, finer − as trained
  double p = 1;              ///< of the signed-rank test that it changes
  bool depends = false;      ///< p ≤ alpha after Holm over divisors, and the change is beyond the margin
};

struct ArmSummary {
  std::vector<double> tests;                               ///< of the repetitions that have a score
  std::optional<Summary> test;                             ///< nothing where none has
  std::optional<Interval> mean_interval, median_interval;  ///< BCa
  Spending search, finals;                                 ///< over all repetitions
  std::int64_t failed_repeats = 0;
  CurveBand curve;
  std::optional<double> mean_height;     ///< median over repetitions of the mean best score over the compute
  std::int64_t reached_target = 0;       ///< repetitions that got to the target
  std::optional<double> cost_of_target;  ///< median of its cost; nothing where half of them never got there
  std::map<std::string, Summary> chosen;
  std::map<std::string, Movement> moved;
  std::optional<Importance> importance;  ///< of the arm's genes for the validation score, over all repetitions
  std::vector<StepCheck> steps;
};

enum class Verdict {
  better,  ///< the first arm
  worse,
  equivalent,  ///< within the margin
  undecided,   ///< neither a difference nor equivalence was shown
  too_few,     ///< so few pairs that no result could have shown a difference
  identical,   ///< every pair has the same score twice
  nothing      ///< an arm has no scores
};
std::string to_text(Verdict verdict);

struct PairSummary {
  std::size_t first = 0, second = 0;  ///< arms; differences are first − second
  std::size_t pairs = 0;              ///< repetitions in which both have a score
  Verdict verdict = Verdict::nothing;
  std::vector<double> differences;
  // What follows is there where it means something.
  std::optional<double> mean_difference, shift;           ///< shift: Hodges–Lehmann
  std::optional<Interval> shift_interval, mean_interval;  ///< exact, BCa
  std::optional<double> p, p_holm, p_permutation, p_equivalence;
  std::optional<double> a12, cliff, standardised;
  /// Smallest shift, in units of the score, that this many pairs of this spread see with 80 % probability at the level
  /// that is left after the correction.
  std::optional<double> detectable;
};

struct Comparison {
  ComparisonSettings settings;
  ScoreKind score = ScoreKind::accuracy;
  std::vector<ArmRecord> arms;
  std::vector<ArmSummary> summaries;  ///< one an arm
  std::vector<PairSummary> pairs;
  double target = 0;                    ///< the validation score of the target
  std::optional<double> spread;         ///< largest over smallest FLOPs of the arms, − 1
  std::vector<std::string> conclusion;  ///< sentences, the main one first
  std::vector<std::string> warnings;    ///< what limits it
};

/// `seed`: of resampling and of the forests.
Comparison compare_arms(const ComparisonSettings& settings, ScoreKind score, std::vector<ArmRecord> arms,
                        std::uint64_t seed);

}  // namespace evobrnn
