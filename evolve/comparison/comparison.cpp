// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "evolve/comparison/conclusion.hpp"
#include "evolve/statistics/effect.hpp"
#include "evolve/statistics/paired_tests.hpp"
#include "evolve/statistics/wilcoxon.hpp"

namespace evobrnn {
namespace {

constexpr std::size_t kCurvePoints = 100;

/// Exactness ends where rounding begins: scores are means of what was counted.
double without_rounding(double difference) {
  constexpr double kRounding = 1e-12;
  return std::abs(difference) < kRounding ? 0 : difference;
}

ArmSummary summarise_arm(const ArmRecord& arm, const ComparisonSettings& settings, Chance& chance, int resamples) {
  ArmSummary summary;
  std::vector<ProgressSteps> curves;
  std::map<std::string, std::vector<double>> chosen;
  for (const auto& repeat : arm.repeats) {
    summary.search = summary.search + repeat.search;
    summary.finals = summary.finals + repeat.finals;
    if (repeat.test) summary.tests.push_back(*repeat.test);
    else ++summary.failed_repeats;
    if (!repeat.progress.empty()) curves.push_back(repeat.progress);
    for (const auto& [path, value] : repeat.chosen) chosen[path].push_back(value);
  }
  for (const auto& [path, values] : chosen) summary.chosen[path] = summarise(values);
  if (!summary.tests.empty()) {
    summary.test = summarise(summary.tests);
    summary.mean_interval = bca_interval(summary.tests, mean, 1 - settings.alpha, chance, resamples);
    summary.median_interval = bca_interval(summary.tests, median, 1 - settings.alpha, chance, resamples);
  }
  double end = 0;
  for (const auto& repeat : arm.repeats) end = std::max(end, repeat.search.flops + repeat.finals.flops);
  summary.curve = curve_band(curves, end, kCurvePoints);
  return summary;
}

/// Over the compute that all arms have: from where every curve has begun to the end of the shortest.
void compare_progress(Comparison& comparison) {
  double begin = 0, end = 0;
  std::vector<double> bests;
  for (const auto& arm : comparison.arms) {
    std::vector<double> best;
    for (const auto& repeat : arm.repeats) {
      if (repeat.progress.empty()) continue;
      begin = std::max(begin, repeat.progress.front().first);
      const double spent = repeat.search.flops + repeat.finals.flops;
      end = end > 0 ? std::min(end, spent) : spent;
      best.push_back(repeat.progress.back().second);
    }
    if (!best.empty()) bests.push_back(median(best));
  }
  if (bests.empty()) return;
  comparison.target = comparison.settings.target != 0 ? comparison.settings.target : median(bests);
  for (std::size_t i = 0; i < comparison.arms.size(); ++i) {
    auto& summary = comparison.summaries[i];
    std::vector<double> heights, costs;
    for (const auto& repeat : comparison.arms[i].repeats) {
      if (begin < end) {
        if (const auto height = mean_height(repeat.progress, begin, end)) heights.push_back(*height);
      }
      const auto cost = cost_of(repeat.progress, comparison.target);
      summary.reached_target += cost.has_value();
      // One that never got there counts as beyond all others.
      costs.push_back(cost.value_or(std::numeric_limits<double>::max()));
    }
    if (!heights.empty()) summary.mean_height = median(heights);
    std::sort(costs.begin(), costs.end());
    if (const double middle = costs[costs.size() / 2]; middle < std::numeric_limits<double>::max())
      summary.cost_of_target = costs.size() % 2 == 1 ? middle : (costs[costs.size() / 2 - 1] + middle) / 2;
  }
}

void find_movements(const ArmRecord& arm, ArmSummary& summary) {
  std::map<std::string, std::vector<double>> starts, ends;
  for (const auto& repeat : arm.repeats) {
    for (const auto& [path, values] : repeat.trained) {
      starts[path].push_back(values.first);
      ends[path].push_back(values.second);
    }
  }
  for (const auto& [path, start] : starts)
    summary.moved[path] = {summarise(start), summarise(ends[path]), median(paired_differences(ends[path], start))};
}

void find_importance(const ArmRecord& arm, ArmSummary& summary, std::uint64_t seed) {
  if (arm.genes.size() < 2) return;
  Observations observations;
  for (const auto& repeat : arm.repeats) {
    for (const auto& candidate : repeat.candidates) {
      if (!candidate.score) continue;
      observations.x.push_back(candidate.genes);
      observations.y.push_back(*candidate.score);
    }
  }
  if (!observations.x.empty()) summary.importance = functional_anova(observations, seed);
}

void check_steps(const ArmRecord& arm, ArmSummary& summary, const ComparisonSettings& settings) {
  std::vector<double> p_values;
  for (const auto divisor : kFinerSteps) {
    std::vector<double> changes;
    for (const auto& repeat : arm.repeats) {
      const auto finer = repeat.finer_steps.find(divisor);
      if (repeat.test && finer != repeat.finer_steps.end())
        changes.push_back(without_rounding(finer->second - *repeat.test));
    }
    if (changes.empty()) continue;
    p_values.push_back(signed_rank(changes).p);
    summary.steps.push_back({divisor, median(changes), p_values.back(), false});
  }
  const auto corrected = holm(p_values);
  for (std::size_t i = 0; i < corrected.size(); ++i) {
    auto& check = summary.steps[i];
    check.p = corrected[i];
    check.depends = check.p <= settings.alpha && std::abs(check.median_change) > settings.margin;
  }
}

PairSummary summarise_pair(const Comparison& comparison, std::size_t first, std::size_t second, Chance& chance,
                           int resamples) {
  const auto& settings = comparison.settings;
  PairSummary pair;
  pair.first = first;
  pair.second = second;
  std::vector<double> left, right;
  const auto &one = comparison.arms[first].repeats, &other = comparison.arms[second].repeats;
  for (std::size_t r = 0; r < one.size() && r < other.size(); ++r) {
    if (!one[r].test || !other[r].test) continue;
    left.push_back(*one[r].test);
    right.push_back(*other[r].test);
    pair.differences.push_back(without_rounding(left.back() - right.back()));
    pair.repeats.push_back(one[r].repeat);
  }
  pair.pairs = pair.differences.size();
  if (pair.pairs == 0) return pair;
  const auto& differences = pair.differences;
  pair.mean_difference = mean(differences);
  pair.shift = hodges_lehmann(differences);
  pair.improvement = probability_of_improvement(differences);
  pair.correlation = correlation(left, right);
  pair.a12 = vargha_delaney(left, right);
  pair.cliff = cliffs_delta(left, right);
  pair.standardised = standardised_difference(differences);
  const auto test = signed_rank(differences);
  if (test.n == 0) {
    pair.verdict = Verdict::identical;
    return pair;
  }
  pair.shift_interval = shift_interval(differences, 1 - settings.alpha);
  pair.mean_interval = bca_interval(differences, mean, 1 - settings.alpha, chance, resamples);
  if (settings.margin > 0 && pair.pairs >= 2) {
    pair.p_equivalence = equivalence_p(differences, settings.margin);
    pair.equivalence_interval = equivalence_interval(differences, settings.alpha);
  }
  // A test that could not have said anything says nothing.
  if (smallest_signed_rank_p(pair.pairs) > settings.alpha) return pair;
  pair.p = test.p;
  pair.p_permutation = sign_flip_p(differences, chance);
  return pair;
}

/// The pairs of a comparison are judged together.
void judge(Comparison& comparison) {
  const auto& settings = comparison.settings;
  std::vector<double> p_values, equivalences;
  std::vector<PairSummary*> tested, measured;
  for (auto& pair : comparison.pairs) {
    if (pair.p) {
      p_values.push_back(*pair.p);
      tested.push_back(&pair);
    }
    if (pair.p_equivalence) {
      equivalences.push_back(*pair.p_equivalence);
      measured.push_back(&pair);
    }
  }
  const auto corrected = holm(p_values), equal = holm(equivalences);
  std::map<std::size_t, std::optional<double>> detectable;  // by the number of pairs
  for (auto* pair : tested) {
    const auto [known, is_new] = detectable.try_emplace(pair->pairs);
    // Holm's first step: the level that every pair is sure of.
    if (is_new) known->second = detectable_effect(pair->pairs, settings.alpha / static_cast<double>(tested.size()));
    const double spread = deviation(pair->differences);
    if (known->second && spread > 0) pair->detectable = *known->second * spread;
  }
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_holm = corrected[i];
  for (std::size_t i = 0; i < measured.size(); ++i) measured[i]->p_equivalence = equal[i];
  for (auto& pair : comparison.pairs) {
    if (pair.pairs == 0 || pair.verdict == Verdict::identical) continue;
    const bool within = pair.p_equivalence && *pair.p_equivalence <= settings.alpha;
    if (pair.p_holm && *pair.p_holm <= settings.alpha) {
      if (*pair.shift > 0) pair.verdict = within ? Verdict::little_better : Verdict::better;
      else pair.verdict = within ? Verdict::little_worse : Verdict::worse;
    } else if (within) pair.verdict = Verdict::equivalent;
    else if (!pair.p || smallest_signed_rank_p(pair.pairs) * static_cast<double>(tested.size()) > settings.alpha)
      pair.verdict = Verdict::too_few;
    else pair.verdict = Verdict::undecided;
  }
}

void find_spread(Comparison& comparison) {
  double least = std::numeric_limits<double>::max(), most = 0;
  for (const auto& summary : comparison.summaries) {
    const double flops = summary.search.flops + summary.finals.flops;
    least = std::min(least, flops);
    most = std::max(most, flops);
  }
  if (least > 0) comparison.spread = most / least - 1;
}

}  // namespace

std::string to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::little_better:
      return "better, by less than the margin";
    case Verdict::little_worse:
      return "worse, by less than the margin";
    case Verdict::equivalent:
      return "equivalent";
    case Verdict::undecided:
      return "undecided";
    case Verdict::too_few:
      return "too few repetitions";
    case Verdict::identical:
      return "identical";
    case Verdict::nothing:
      return "no scores";
  }
  return "";
}

bool is_difference(Verdict verdict) {
  return verdict == Verdict::better || verdict == Verdict::worse || verdict == Verdict::little_better ||
         verdict == Verdict::little_worse;
}

std::size_t compared_pairs(const ComparisonSettings& settings, std::size_t arms) {
  return settings.reference.empty() ? arms * (arms - 1) / 2 : arms - 1;
}

std::optional<std::string> out_of_reach(const ComparisonSettings& settings, std::size_t arms) {
  const auto tests = compared_pairs(settings, arms), repeats = static_cast<std::size_t>(settings.repeats);
  const double alone = smallest_signed_rank_p(repeats);
  if (static_cast<double>(tests) * alone <= settings.alpha) return std::nullopt;
  const auto corrected = tests > 1 ? fmt::format(", {:.3g} after Holm's correction over {} pairs of arms",
                                                 std::min(1.0, static_cast<double>(tests) * alone), tests)
                                   : std::string();
  return fmt::format(
      "no p can reach alpha = {:g}: the smallest that {} repetition{} can give is {:.3g}{}; compare.repeats = {} or "
      "more "
      "can{}",
      settings.alpha, repeats, repeats == 1 ? "" : "s", alone, corrected, fewest_pairs(tests, settings.alpha),
      tests > 1 && settings.reference.empty() ? ", or fewer pairs by compare.reference" : "");
}

Comparison compare_arms(const ComparisonSettings& settings, ScoreKind score, std::vector<ArmRecord> arms,
                        std::uint64_t seed, int resamples) {
  Comparison comparison;
  comparison.settings = settings;
  comparison.score = score;
  comparison.arms = std::move(arms);
  Chance chance(seed);
  for (std::size_t i = 0; i < comparison.arms.size(); ++i) {
    const auto& arm = comparison.arms[i];
    auto summary = summarise_arm(arm, settings, chance, resamples);
    find_movements(arm, summary);
    find_importance(arm, summary, seed + i);
    check_steps(arm, summary, settings);
    comparison.summaries.push_back(std::move(summary));
  }
  compare_progress(comparison);
  find_spread(comparison);
  for (std::size_t a = 0; a < comparison.arms.size(); ++a) {
    for (std::size_t b = a + 1; b < comparison.arms.size(); ++b) {
      const auto &one = comparison.arms[a].name, &other = comparison.arms[b].name, &reference = settings.reference;
      if (!reference.empty() && one != reference && other != reference) continue;
      const bool turned = one == reference;  // the reference comes second
      comparison.pairs.push_back(summarise_pair(comparison, turned ? b : a, turned ? a : b, chance, resamples));
    }
  }
  judge(comparison);
  conclude(comparison);
  return comparison;
}

}  // namespace evobrnn
