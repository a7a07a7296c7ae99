// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/conclusion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "evolve/statistics/wilcoxon.hpp"

namespace evobrnn {
namespace {

constexpr double kPercent = 100;

std::string number(ScoreKind score, double value) {
  return score == ScoreKind::accuracy ? fmt::format("{:.2f}", kPercent * value) : fmt::format("{:.4g}", value);
}

/// "by 1.80 points [0.90, 2.60]".
std::string by_how_much(const Comparison& comparison, const PairSummary& pair, double sign) {
  auto text = "by " + difference_text(comparison.score, sign * *pair.shift);
  if (pair.shift_interval) {
    auto [low, high] = *pair.shift_interval;
    if (sign < 0) std::tie(low, high) = std::pair(-high, -low);
    text += " " + interval_text(comparison.score, {low, high});
  }
  return text;
}

/// What is known of the size of a difference: ", but less than the margin of 0.50 points", or that it is not known.
std::string margin_text(const Comparison& c, const PairSummary& pair, double sign) {
  const double margin = c.settings.margin;
  if (margin <= 0) return "";
  const auto text = difference_text(c.score, margin);
  if (pair.verdict == Verdict::little_better || pair.verdict == Verdict::little_worse)
    return fmt::format("; it is less than the margin of {} (equivalence {}{})", text, p_text(*pair.p_equivalence),
                       c.pairs.size() > 1 ? ", Holm" : "");
  if (!pair.shift_interval) return "";
  const double nearest = sign > 0 ? pair.shift_interval->low : -pair.shift_interval->high;
  return nearest > margin ? "" : fmt::format("; that it is more than the margin of {} was not shown", text);
}

/// Where p and an interval lead to other words, why.
void note_contradictions(const Comparison& c, PairSummary& pair) {
  if (!pair.p || !pair.p_holm) return;
  const double alpha = c.settings.alpha;
  const auto without_zero = [](const Interval& i) { return i.low > 0 || i.high < 0; };
  std::vector<std::string> parts;
  const auto compare = [&](const std::optional<Interval>& interval, const std::string& name, const std::string& other) {
    if (!interval) return;
    const bool seen = without_zero(*interval);
    if (seen == (*pair.p_holm <= alpha)) return;
    const auto shown = fmt::format("the {:g} % interval of the {} {} {} 0", kPercent * (1 - alpha), name,
                                   interval_text(c.score, *interval), seen ? "leaves out" : "holds");
    if (seen == (*pair.p <= alpha))
      parts.push_back(
          fmt::format("{} and {} alone, but the interval is for this pair alone, and corrected over {} pairs "
                      "of arms {}",
                      shown, p_text(*pair.p), c.pairs.size(), p_text(*pair.p_holm)));
    else parts.push_back(fmt::format("{} while {}: {}", shown, p_text(*pair.p), other));
  };
  const bool ties = signed_rank(pair.differences).n < pair.pairs;
  compare(pair.shift_interval, "shift",
          ties ? "the test leaves pairs without a difference out, which the interval counts"
               : "the interval's level is that of differences without ties, of which the test takes account");
  compare(pair.mean_interval, "mean difference",
          "the interval is a bootstrap of the mean, the test one of the signed ranks, which outliers move less; the "
          "verdict rests on the test");
  if (pair.p_equivalence && pair.equivalence_interval) {
    const auto& i = *pair.equivalence_interval;
    const double margin = c.settings.margin;
    const bool inside = -margin < i.low && i.high < margin;
    if (inside && *pair.p_equivalence > alpha)
      parts.push_back(fmt::format(
          "the {:g} % interval of the mean difference {} lies within the margin, but corrected "
          "over {} pairs of arms the equivalence has {}",
          kPercent * (1 - 2 * alpha), interval_text(c.score, i), c.pairs.size(), p_text(*pair.p_equivalence)));
  }
  if (!parts.empty()) pair.note = fmt::format("{}", fmt::join(parts, "; "));
}

std::string pair_text(const Comparison& c, const PairSummary& pair) {
  const auto &one = c.arms[pair.first].name, &other = c.arms[pair.second].name;
  const auto pairs = fmt::format("{} pair{}", pair.pairs, pair.pairs == 1 ? "" : "s");
  const auto corrected = c.pairs.size() > 1 ? " (Holm)" : "";
  switch (pair.verdict) {
    case Verdict::better:
      return fmt::format("{} beats {} {}, {}{}, {}{}.", one, other, by_how_much(c, pair, 1), p_text(*pair.p_holm),
                         corrected, pairs, margin_text(c, pair, 1));
    case Verdict::worse:
      return fmt::format("{} beats {} {}, {}{}, {}{}.", other, one, by_how_much(c, pair, -1), p_text(*pair.p_holm),
                         corrected, pairs, margin_text(c, pair, -1));
    case Verdict::little_better:
      return fmt::format("{} is better than {}, but by less than the margin: {}, {}{}, {}{}.", one, other,
                         by_how_much(c, pair, 1), p_text(*pair.p_holm), corrected, pairs, margin_text(c, pair, 1));
    case Verdict::little_worse:
      return fmt::format("{} is better than {}, but by less than the margin: {}, {}{}, {}{}.", other, one,
                         by_how_much(c, pair, -1), p_text(*pair.p_holm), corrected, pairs, margin_text(c, pair, -1));
    case Verdict::equivalent:
      return fmt::format("{} and {} are equal within {}: they differ {}, equivalence {}{}, {}.", one, other,
                         difference_text(c.score, c.settings.margin), by_how_much(c, pair, 1),
                         p_text(*pair.p_equivalence), corrected, pairs);
    case Verdict::undecided: {
      auto text = fmt::format("{} and {} could not be told apart: they differ {}, {}{}, {}", one, other,
                              by_how_much(c, pair, 1), p_text(*pair.p_holm), corrected, pairs);
      if (pair.detectable)
        text += fmt::format("; a difference of {} would have been seen with 80 % probability",
                            difference_text(c.score, *pair.detectable));
      return text + ".";
    }
    case Verdict::too_few:
      return fmt::format(
          "{} and {} differ {}, but {} cannot show a difference at level {:g}: more compare.repeats are "
          "needed.",
          one, other, by_how_much(c, pair, 1), pairs, c.settings.alpha);
    case Verdict::identical:
      return fmt::format("{} and {} have the same score in every repetition ({}).", one, other, pairs);
    case Verdict::nothing:
      return fmt::format("{} and {} cannot be compared: no repetition in which both have a score.", one, other);
  }
  return "";
}

/// How much a pair has to say: decided ones first, the strongest of them first.
int weight(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
    case Verdict::worse:
    case Verdict::little_better:
    case Verdict::little_worse:
      return 0;
    case Verdict::equivalent:
      return 1;
    case Verdict::undecided:
      return 2;
    default:
      return 3;
  }
}

/// "dt explains 52 % (± 6) of the variance of the validation score".
std::string importance_text(const ArmRecord& arm, const ArmSummary& summary) {
  constexpr double kWorthTelling = 0.2;
  if (!summary.importance) return "";
  const auto& importance = *summary.importance;
  if (importance.explained < kWorthTelling)
    return fmt::format(
        "What mattered in the search of {} is not known: a random forest foresees only {:.0f} % of the "
        "variance of its validation scores.",
        arm.name, kPercent * std::max(0.0, importance.explained));
  const auto name = [&](const VarianceShare& share) {
    const auto path = [&](std::size_t gene) { return arm.genes[gene].path; };
    return share.second ? path(share.first) + " with " + path(*share.second) : path(share.first);
  };
  auto shares = importance.shares;
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  std::vector<std::string> parts;
  constexpr std::size_t kTold = 3;
  for (std::size_t i = 0; i < std::min(kTold, shares.size()); ++i)
    parts.push_back(
        fmt::format("{} {:.0f} % (± {:.1f})", name(shares[i]), kPercent * shares[i].share, kPercent * shares[i].error));
  return fmt::format("Of the variance of the validation score in the search of {}, explained: {}.", arm.name,
                     fmt::join(parts, ", "));
}

std::string movement_text(const ArmRecord& arm, const ArmSummary& summary) {
  std::vector<std::string> parts;
  for (const auto& [path, movement] : summary.moved)
    parts.push_back(fmt::format("{} from {:.3g} to {:.3g}", path, movement.start.median, movement.end.median));
  return parts.empty() ? "" : fmt::format("In {} gradients moved {} (medians).", arm.name, fmt::join(parts, ", "));
}

/// ": accuracy depends on the time step: …", or nothing.
std::string step_text(const Comparison& c, const ArmSummary& summary) {
  std::vector<std::string> parts;
  for (const auto& check : summary.steps) {
    if (check.depends)
      parts.push_back(fmt::format("dt/{} changes it by {} ({})", check.divisor,
                                  difference_text(c.score, check.median_change), p_text(check.p)));
  }
  return parts.empty() ? ""
                       : fmt::format(
                             ": the score depends on the time step: {}. What was learnt is partly the "
                             "discretisation.",
                             fmt::join(parts, ", "));
}

void warn(Comparison& c) {
  auto& warnings = c.warnings;
  if (c.spread && *c.spread > kEqualShare)
    warnings.push_back(
        fmt::format("the arms spent unequal compute: the most {:.0f} % more than the least. What differs "
                    "may be due to that.",
                    kPercent * *c.spread));
  for (std::size_t i = 0; i < c.arms.size(); ++i) {
    const auto& arm = c.arms[i];
    const auto& summary = c.summaries[i];
    if (summary.failed_repeats > 0) {
      const auto failed = std::find_if(arm.repeats.begin(), arm.repeats.end(), [](const auto& r) { return !r.test; });
      warnings.push_back(fmt::format("{}: {} of {} repetitions have no score and are left out of its pairs: {}",
                                     arm.name, summary.failed_repeats, arm.repeats.size(), failed->problem));
    }
    if (const auto text = step_text(c, summary); !text.empty()) warnings.push_back(arm.name + text);
  }
  const bool few = std::any_of(c.pairs.begin(), c.pairs.end(),
                               [](const PairSummary& pair) { return pair.verdict == Verdict::too_few; });
  const auto unreachable = out_of_reach(c.settings, c.arms.size());
  if (c.settings.repeats == 1) warnings.push_back("one repetition says nothing of chance: no test was made");
  else if (unreachable) warnings.push_back(*unreachable);
  else if (few)
    warnings.push_back(
        fmt::format("with the repetitions that have a score, not all of {}, some pairs of arms cannot "
                    "reach level {:g}, whatever the scores",
                    c.settings.repeats, c.settings.alpha));
}

}  // namespace

std::string difference_text(ScoreKind score, double difference) {
  return score == ScoreKind::accuracy ? number(score, difference) + " points" : number(score, difference);
}

std::string interval_text(ScoreKind score, const Interval& interval) {
  return fmt::format("[{}, {}]", number(score, interval.low), number(score, interval.high));
}

std::string p_text(double p) {
  constexpr double kSmallest = 0.001;
  return p < kSmallest ? "p < 0.001" : fmt::format("p = {:.3f}", p);
}

void conclude(Comparison& comparison) {
  for (auto& pair : comparison.pairs) note_contradictions(comparison, pair);
  std::vector<const PairSummary*> order;
  for (const auto& pair : comparison.pairs) order.push_back(&pair);
  std::stable_sort(order.begin(), order.end(), [](const PairSummary* a, const PairSummary* b) {
    const auto size = [](const PairSummary* p) { return std::abs(p->shift.value_or(0)); };
    return std::pair(weight(a->verdict), -size(a)) < std::pair(weight(b->verdict), -size(b));
  });
  for (const auto* pair : order) {
    comparison.conclusion.push_back(pair_text(comparison, *pair));
    if (!pair->note.empty())
      comparison.conclusion.push_back(fmt::format("Of {} and {}: {}.", comparison.arms[pair->first].name,
                                                  comparison.arms[pair->second].name, pair->note));
  }
  for (std::size_t i = 0; i < comparison.arms.size(); ++i) {
    for (const auto& text : {importance_text(comparison.arms[i], comparison.summaries[i]),
                             movement_text(comparison.arms[i], comparison.summaries[i])}) {
      if (!text.empty()) comparison.conclusion.push_back(text);
    }
  }
  warn(comparison);
}

}  // namespace evobrnn
