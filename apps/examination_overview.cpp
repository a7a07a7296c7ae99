// SPDX-License-Identifier: Apache-2.0
#include "apps/examination_overview.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "apps/mean_interval.hpp"

namespace evobrnn {
namespace {

const std::string kNone = "–";

/// Digits that a page and a terminal break no line in.
std::string interval_text(const std::string& low, const std::string& high) {
  return fmt::format("[{},\u00a0{}]", low, high);
}

std::vector<double> numbers_of(const ExaminedGroup& group, const std::string& name) {
  std::vector<double> values;
  for (const auto& examination : group.examinations) {
    const auto found = examination.numbers.find(name);
    if (found != examination.numbers.end() && std::isfinite(found->second)) values.push_back(found->second);
  }
  return values;
}

/// Of ascending values, also where some are infinite.
double middle_of(const std::vector<double>& ascending) {
  const auto n = ascending.size();
  const double low = ascending[(n - 1) / 2], high = ascending[n / 2];
  return low == high ? low : (low + high) / 2;
}

std::string steps_text(double steps) { return std::isfinite(steps) ? fmt::format("{:.3g}", steps) : "not reached"; }

/// The first of the figures that was fitted, over the group's networks.
std::string half_life_of(const ExaminedGroup& group, const std::vector<std::string>& figures) {
  for (const auto& name : figures) {
    std::vector<const Decay*> decays;
    for (const auto& examination : group.examinations) {
      for (const auto& decay : examination.decays) {
        if (decay.name == name) decays.push_back(&decay);
      }
    }
    if (decays.empty()) continue;
    if (std::all_of(decays.begin(), decays.end(), [](const Decay* decay) { return decay->stable; }))
      return "kept to the end";
    std::vector<double> steps;
    for (const auto* decay : decays) steps.push_back(decay->half_life);
    std::sort(steps.begin(), steps.end());
    const double low = decays.size() > 1 ? steps.front() : decays.front()->low;
    const double high = decays.size() > 1 ? steps.back() : decays.front()->high;
    return fmt::format("{} {}", steps_text(middle_of(steps)), interval_text(steps_text(low), steps_text(high)));
  }
  return kNone;
}

std::string score_of(const ExaminedGroup& group, bool accuracy) {
  const double factor = accuracy ? 100 : 1;
  const int digits = accuracy ? 1 : 4;
  const auto errors = numbers_of(group, "score.error"), scores = numbers_of(group, "score");
  if (group.networks.size() > 1 || errors.empty() || scores.empty()) return number_text(group, "score", factor, digits);
  const double reach = 1.96 * factor * errors.front();
  return fmt::format("{:.{}f} ± {:.{}f}", factor * scores.front(), digits, reach, digits);
}

/// One number that all networks of a group have, or none.
std::string steps_of(const ExaminedGroup& group, const std::string& name) {
  const auto values = numbers_of(group, name);
  return values.empty() ? kNone : fmt::format("{:.0f}", values.front());
}

std::string after_blank(const ExaminedGroup& group, const std::string& name) {
  const auto text = number_text(group, name, 100, 1), steps = steps_of(group, "decoding.last_steps");
  return text == kNone || steps == kNone ? text : fmt::format("{} (after {} blank steps)", text, steps);
}

struct Quantity {
  std::string head;
  std::function<std::string(const ExaminedGroup&)> text;
};

std::vector<Quantity> quantities(const ExaminationReport& report) {
  const bool accuracy = report.score == ScoreKind::accuracy;
  const auto number = [](const std::string& name, double factor, int digits) {
    return [=](const ExaminedGroup& group) { return number_text(group, name, factor, digits); };
  };
  const auto half_life = [](std::vector<std::string> figures) {
    return [figures](const ExaminedGroup& group) { return half_life_of(group, figures); };
  };
  return {{"group", [](const ExaminedGroup& group) { return group.name; }},
          {"model", [](const ExaminedGroup& group) { return group.model; }},
          {"parameters", [](const ExaminedGroup& group) { return steps_of(group, "parameters"); }},
          {"networks", [](const ExaminedGroup& group) { return std::to_string(group.networks.size()); }},
          {accuracy ? "test accuracy, %" : "test score",
           [accuracy](const ExaminedGroup& group) { return score_of(group, accuracy); }},
          {accuracy ? "chance, %" : "score of guessing", number("chance", accuracy ? 100 : 1, accuracy ? 1 : 4)},
          {"trained delay, steps", [](const ExaminedGroup& group) { return steps_of(group, "time.delay"); }},
          {"half-life of the score, steps", half_life({"delay", "blank_delay"})},
          {"half-life of the rates' trace, steps", half_life({"trace"})},
          {"half-life of the synapses' trace, steps", half_life({"trace_synapses"})},
          {"item decoded from the rates at the end of the trained delay, %", number("decoding.delay_end", 100, 1)},
          {"item decoded from the synapses at the end of the trained delay, %",
           number("decoding.delay_end_synapses", 100, 1)},
          {"item decoded from the rates after the longest blank run, %",
           [](const ExaminedGroup& group) { return after_blank(group, "decoding.last"); }},
          {"item decoded by chance, %", number("decoding.chance", 100, 1)},
          {"stable fixed points", number("fixed_points.stable", 1, 1)},
          {"mean rate", number("rates.mean", 1, 3)}};
}

/// In a table of Markdown: what a user wrote ends no cell and is no HTML.
std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += "\\|";
    else if (c == '<') cell += "&lt;";
    else if (c == '&') cell += "&amp;";
    else if (c == '\n' || c == '\r') cell += ' ';
    else cell += c;
  }
  return cell;
}

}  // namespace

std::string number_text(const ExaminedGroup& group, const std::string& name, double factor, int digits) {
  const auto values = numbers_of(group, name);
  if (values.empty()) return kNone;
  const auto text = [&](double value) { return fmt::format("{:.{}f}", factor * value, digits); };
  const auto interval = mean_interval(values);
  if (!interval) return text(mean(values));
  return fmt::format("{} {}", text(mean(values)), interval_text(text(interval->low), text(interval->high)));
}

ExaminationOverview overview(const ExaminationReport& report) {
  ExaminationOverview table;
  table.rows.resize(report.groups.size());
  for (const auto& quantity : quantities(report)) {
    std::vector<std::string> column;
    for (const auto& group : report.groups) column.push_back(quantity.text(group));
    if (std::all_of(column.begin(), column.end(), [](const std::string& text) { return text == kNone; })) continue;
    table.head.push_back(quantity.head);
    for (std::size_t i = 0; i < column.size(); ++i) table.rows[i].push_back(std::move(column[i]));
  }
  const bool several = std::any_of(report.groups.begin(), report.groups.end(),
                                   [](const ExaminedGroup& group) { return group.networks.size() > 1; });
  table.explanation =
      several
          ? "Of several networks the mean with its 95 % interval (Student's t); half-lives: their median [smallest, "
            "largest]. Of a single network the interval is over its test samples."
          : "Scores ± 1.96 standard errors over the test samples; half-lives with their 95 % bootstrap interval.";
  return table;
}

std::string to_markdown(const ExaminationReport& report) {
  const auto table = overview(report);
  const auto line = [](const std::vector<std::string>& cells) {
    std::vector<std::string> safe;
    for (const auto& cell : cells) safe.push_back(markdown_cell(cell));
    return fmt::format("| {} |\n", fmt::join(safe, " | "));
  };
  std::string text = fmt::format("# Working memory: {}\n\n{}\n\n", markdown_cell(report.task), table.explanation);
  text += line(table.head) + line(std::vector<std::string>(table.head.size(), "---"));
  for (const auto& row : table.rows) text += line(row);
  for (const auto& group : report.groups) {
    text += fmt::format("\n## {} ({})\n\n", markdown_cell(group.name), markdown_cell(group.model));
    for (const auto& finding : group.examinations.front().findings) text += "- " + markdown_cell(finding) + "\n";
    if (group.networks.size() > 1) text += fmt::format("\nOf the first of {} networks.\n", group.networks.size());
  }
  return text;
}

}  // namespace evobrnn
