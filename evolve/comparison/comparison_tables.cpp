// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/comparison_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/csv.hpp"
#include "evolve/comparison/conclusion.hpp"

namespace evobrnn {
namespace {

using Rows = std::vector<std::vector<std::string>>;  // the header first

/// Columns as wide as their widest cell; the first to the left, numbers to the right. Counts characters, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string aligned(const Rows& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width(row[i]), ' ');
      line += i == 0 ? row[i] + space : "  " + space + row[i];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string markdown(const Rows& rows) {
  std::string text = fmt::format("| {} |\n|", fmt::join(rows.front(), " | "));
  for (std::size_t i = 0; i < rows.front().size(); ++i) text += i == 0 ? "---|" : "---:|";
  text += "\n";
  for (std::size_t i = 1; i < rows.size(); ++i) text += fmt::format("| {} |\n", fmt::join(rows[i], " | "));
  return text;
}

template <class T, class Text>
std::string or_dash(const std::optional<T>& value, Text text) {
  return value ? text(*value) : "–";
}

Rows arm_rows(const Comparison& c) {
  const auto score = [&c](double s) { return score_text(c.score, s); };
  const double percent = 100 * (1 - c.settings.alpha);
  Rows rows{{"arm", "n", "median test", "mean", fmt::format("{:g} % interval", percent), "IQM", "trainings", "FLOPs",
             "CPU s"}};
  for (std::size_t i = 0; i < c.arms.size(); ++i) {
    const auto& s = c.summaries[i];
    const auto spent = s.search + s.finals;
    const auto repeats = static_cast<double>(std::max<std::size_t>(1, c.arms[i].repeats.size()));
    rows.push_back({c.arms[i].name, fmt::format("{}", s.tests.size()),
                    or_dash(s.test, [&](const Summary& t) { return score(t.median); }),
                    or_dash(s.test, [&](const Summary& t) { return score(t.mean); }),
                    or_dash(s.mean_interval,
                            [&](const Interval& t) { return fmt::format("{} – {}", score(t.low), score(t.high)); }),
                    or_dash(s.test, [&](const Summary& t) { return score(t.interquartile_mean); }),
                    fmt::format("{:.0f}", static_cast<double>(spent.trainings) / repeats),
                    fmt::format("{:.3g}", spent.flops / repeats), fmt::format("{:.1f}", spent.cpu_seconds / repeats)});
  }
  return rows;
}

Rows pair_rows(const Comparison& c) {
  const auto difference = [&c](double d) { return difference_text(c.score, d); };
  const auto three = [](double p) { return fmt::format("{:.3f}", p); };
  const auto two = [](double p) { return fmt::format("{:.2f}", p); };
  Rows rows{{"pair", "n", "shift", "interval", "p", "p (Holm)", "permutation", "equivalence", "wins", "r of pairs",
             "A12", "could see", "verdict"}};
  for (const auto& p : c.pairs) {
    rows.push_back({c.arms[p.first].name + " − " + c.arms[p.second].name, fmt::format("{}", p.pairs),
                    or_dash(p.shift, difference),
                    or_dash(p.shift_interval, [&](const Interval& i) { return interval_text(c.score, i); }),
                    or_dash(p.p, three), or_dash(p.p_holm, three), or_dash(p.p_permutation, three),
                    or_dash(p.p_equivalence, three), or_dash(p.improvement, two), or_dash(p.correlation, two),
                    or_dash(p.a12, two), or_dash(p.detectable, difference), to_text(p.verdict)});
  }
  return rows;
}

std::string cell(const std::optional<double>& value) { return value ? csv_cell(*value) : ""; }

std::string repeats_csv(const Comparison& c) {
  auto csv = csv_row({"arm", "how", "repeat", "test", "validation", "search_trainings", "final_trainings", "failed",
                      "samples", "flops", "wall_seconds", "cpu_seconds", "champion", "problem"});
  for (const auto& arm : c.arms) {
    for (const auto& r : arm.repeats) {
      const auto spent = r.search + r.finals;
      csv += csv_row({csv_cell(arm.name), csv_cell(arm.how), csv_cell(r.repeat + 1), cell(r.test), cell(r.validation),
                      csv_cell(r.search.trainings), csv_cell(r.finals.trainings), csv_cell(spent.failed),
                      csv_cell(spent.samples), csv_cell(spent.flops), csv_cell(spent.wall_seconds),
                      csv_cell(spent.cpu_seconds), csv_cell(r.champion), csv_cell(r.problem)});
    }
  }
  return csv;
}

std::string pairs_csv(const Comparison& c) {
  auto csv = csv_row({"first", "second", "pairs", "verdict", "shift", "shift_low", "shift_high", "mean_difference",
                      "mean_low", "mean_high", "p_signed_rank", "p_holm", "p_permutation", "p_equivalence_holm",
                      "equivalence_low", "equivalence_high", "probability_of_improvement", "correlation", "a12",
                      "cliffs_delta", "standardised_difference", "detectable_shift", "note"});
  const auto low = [](const std::optional<Interval>& i) { return i ? csv_cell(i->low) : ""; };
  const auto high = [](const std::optional<Interval>& i) { return i ? csv_cell(i->high) : ""; };
  for (const auto& p : c.pairs)
    csv += csv_row({csv_cell(c.arms[p.first].name), csv_cell(c.arms[p.second].name), fmt::to_string(p.pairs),
                    csv_cell(to_text(p.verdict)), cell(p.shift), low(p.shift_interval), high(p.shift_interval),
                    cell(p.mean_difference), low(p.mean_interval), high(p.mean_interval), cell(p.p), cell(p.p_holm),
                    cell(p.p_permutation), cell(p.p_equivalence), low(p.equivalence_interval),
                    high(p.equivalence_interval), cell(p.improvement), cell(p.correlation), cell(p.a12), cell(p.cliff),
                    cell(p.standardised), cell(p.detectable), csv_cell(p.note)});
  return csv;
}

std::string curves_csv(const Comparison& c) {
  auto csv = csv_row({"arm", "flops", "best_validation_median", "quartile_low", "quartile_high"});
  for (std::size_t i = 0; i < c.arms.size(); ++i) {
    const auto& curve = c.summaries[i].curve;
    for (std::size_t j = 0; j < curve.cost.size(); ++j)
      csv += csv_row({csv_cell(c.arms[i].name), csv_cell(curve.cost[j]), csv_cell(curve.median[j]),
                      csv_cell(curve.low[j]), csv_cell(curve.high[j])});
  }
  return csv;
}

std::string hyperparameters_csv(const Comparison& c) {
  auto csv = csv_row({"arm", "repeat", "setting", "set_by", "start", "value"});
  for (const auto& arm : c.arms) {
    for (const auto& r : arm.repeats) {
      for (const auto& [path, value] : r.chosen)
        csv += csv_row({csv_cell(arm.name), csv_cell(r.repeat + 1), csv_cell(path), "search", "", csv_cell(value)});
      for (const auto& [path, values] : r.trained)
        csv += csv_row({csv_cell(arm.name), csv_cell(r.repeat + 1), csv_cell(path), "gradients", csv_cell(values.first),
                        csv_cell(values.second)});
    }
  }
  return csv;
}

std::string importance_csv(const Comparison& c) {
  auto csv = csv_row({"arm", "forest_r2", "setting", "with", "share", "standard_error", "standard_error_trees"});
  for (std::size_t i = 0; i < c.arms.size(); ++i) {
    const auto& importance = c.summaries[i].importance;
    if (!importance) continue;
    const auto& genes = c.arms[i].genes;
    for (const auto& s : importance->shares)
      csv += csv_row({csv_cell(c.arms[i].name), csv_cell(importance->explained), csv_cell(genes[s.first].path),
                      s.second ? csv_cell(genes[*s.second].path) : "", csv_cell(s.share), csv_cell(s.error),
                      csv_cell(s.tree_error)});
  }
  return csv;
}

}  // namespace

std::string to_terminal(const Comparison& c) {
  std::string text = aligned(arm_rows(c)) + "\n" + aligned(pair_rows(c)) + "\n";
  for (const auto& sentence : c.conclusion) text += sentence + "\n";
  for (const auto& warning : c.warnings) text += "warning: " + warning + "\n";
  return text;
}

std::string to_markdown(const Comparison& c, const std::string& name) {
  const auto& s = c.settings;
  auto text = fmt::format("# {}\n\n", name);
  if (!s.question.empty()) text += s.question + "\n\n";
  for (const auto& sentence : c.conclusion) text += sentence + "\n";
  text += "\n" + markdown(arm_rows(c)) + "\n" + markdown(pair_rows(c)) + "\n";
  if (!c.warnings.empty()) text += "Limits:\n\n";
  for (const auto& warning : c.warnings) text += "- " + warning + "\n";
  if (!c.warnings.empty()) text += "\n";
  text += fmt::format(
      "{} independent repetitions of each arm's whole procedure, paired by their seeds; n counts those with a test "
      "score. "
      "Compute is counted in floating-point operations of training, the search included. Each arm selects by "
      "validation, "
      "trains what it selected on fresh seeds, and is tested once. Shift: Hodges–Lehmann estimate with the exact "
      "interval "
      "of the signed-rank test; p: exact two-sided Wilcoxon signed-rank test, over all pairs corrected by Holm; "
      "permutation: exact exchange within pairs; equivalence: two one-sided t tests within {}, corrected by Holm; "
      "wins: "
      "share of pairs that the first arm wins, ties by half; r of pairs: correlation of the two scores of a pair; A12: "
      "Vargha and Delaney, of any two repetitions; could see: the shift that is found with 80 % probability at the "
      "corrected level; intervals "
      "of "
      "means: bootstrap, BCa; IQM: interquartile mean.\n",
      s.repeats, difference_text(c.score, s.margin));
  return text;
}

std::map<std::string, std::string> to_csv(const Comparison& c) {
  return {{"repeats.csv", repeats_csv(c)},
          {"pairs.csv", pairs_csv(c)},
          {"curves.csv", curves_csv(c)},
          {"hyperparameters.csv", hyperparameters_csv(c)},
          {"importance.csv", importance_csv(c)}};
}

}  // namespace evobrnn
