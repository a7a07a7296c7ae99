// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/comparison_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

/// Exact text of a number, quoted text where needed.
std::string cell(double value) { return fmt::format("{}", value); }
std::string cell(const std::optional<double>& value) { return value ? cell(*value) : ""; }
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string repeats_csv(const Comparison& c) {
  std::string csv =
      "arm,how,repeat,test,validation,search_trainings,final_trainings,failed,samples,flops,wall_seconds,cpu_seconds,"
      "champion,problem\n";
  for (const auto& arm : c.arms) {
    for (const auto& r : arm.repeats) {
      const auto spent = r.search + r.finals;
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", arm.name, arm.how, r.repeat + 1, cell(r.test),
                         cell(r.validation), r.search.trainings, r.finals.trainings, spent.failed, spent.samples,
                         cell(spent.flops), cell(spent.wall_seconds), cell(spent.cpu_seconds), cell(r.champion),
                         cell(r.problem));
    }
  }
  return csv;
}

std::string pairs_csv(const Comparison& c) {
  std::string csv =
      "first,second,pairs,verdict,shift,shift_low,shift_high,mean_difference,mean_low,mean_high,p_signed_rank,p_holm,"
      "p_permutation,p_equivalence_holm,equivalence_low,equivalence_high,probability_of_improvement,correlation,a12,"
      "cliffs_delta,standardised_difference,detectable_shift,note\n";
  const auto low = [](const std::optional<Interval>& i) { return i ? cell(i->low) : ""; };
  const auto high = [](const std::optional<Interval>& i) { return i ? cell(i->high) : ""; };
  for (const auto& p : c.pairs)
    csv +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", c.arms[p.first].name,
                    c.arms[p.second].name, p.pairs, cell(to_text(p.verdict)), cell(p.shift), low(p.shift_interval),
                    high(p.shift_interval), cell(p.mean_difference), low(p.mean_interval), high(p.mean_interval),
                    cell(p.p), cell(p.p_holm), cell(p.p_permutation), cell(p.p_equivalence),
                    low(p.equivalence_interval), high(p.equivalence_interval), cell(p.improvement), cell(p.correlation),
                    cell(p.a12), cell(p.cliff), cell(p.standardised), cell(p.detectable), cell(p.note));
  return csv;
}

std::string curves_csv(const Comparison& c) {
  std::string csv = "arm,flops,best_validation_median,quartile_low,quartile_high\n";
  for (std::size_t i = 0; i < c.arms.size(); ++i) {
    const auto& curve = c.summaries[i].curve;
    for (std::size_t j = 0; j < curve.cost.size(); ++j)
      csv +=
          fmt::format("{},{},{},{},{}\n", c.arms[i].name, curve.cost[j], curve.median[j], curve.low[j], curve.high[j]);
  }
  return csv;
}

std::string hyperparameters_csv(const Comparison& c) {
  std::string csv = "arm,repeat,setting,set_by,start,value\n";
  for (const auto& arm : c.arms) {
    for (const auto& r : arm.repeats) {
      for (const auto& [path, value] : r.chosen)
        csv += fmt::format("{},{},{},search,,{}\n", arm.name, r.repeat + 1, path, value);
      for (const auto& [path, values] : r.trained)
        csv += fmt::format("{},{},{},gradients,{},{}\n", arm.name, r.repeat + 1, path, values.first, values.second);
    }
  }
  return csv;
}

std::string importance_csv(const Comparison& c) {
  std::string csv = "arm,forest_r2,setting,with,share,standard_error,standard_error_trees\n";
  for (std::size_t i = 0; i < c.arms.size(); ++i) {
    const auto& importance = c.summaries[i].importance;
    if (!importance) continue;
    for (const auto& s : importance->shares)
      csv += fmt::format("{},{},{},{},{},{},{}\n", c.arms[i].name, importance->explained, c.arms[i].genes[s.first].path,
                         s.second ? c.arms[i].genes[*s.second].path : "", s.share, s.error, s.tree_error);
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
