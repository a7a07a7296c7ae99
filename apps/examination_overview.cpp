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
constexpr double kPercent = 100;  // of what is a share

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

/// What has no half-life, in a word; nothing where it has one.
std::string without_half_life(const Decay& decay) {
  if (decay.outcome == "kept") return "kept to the end";
  if (decay.outcome == "nothing") return "at chance from the start";
  return decay.outcome == "below chance" ? "below chance from the start" : "";
}

std::vector<const Decay*> decays_of(const ExaminedGroup& group, const std::string& figure) {
  std::vector<const Decay*> decays;
  for (const auto& examination : group.examinations) {
    for (const auto& decay : examination.decays) {
      if (decay.name == figure) decays.push_back(&decay);
    }
  }
  return decays;
}

/// Of networks of which some have a half-life: the median of these, and how many have none.
std::string half_life_text(const std::vector<const Decay*>& decays) {
  std::vector<double> steps;
  std::map<std::string, int> others;
  bool later = false;
  for (const auto* decay : decays) {
    const auto word = without_half_life(*decay);
    if (!word.empty()) {
      ++others[word];
      continue;
    }
    steps.push_back(decay->half_life);
    later = later || decay->outcome == "halves later";
  }
  std::string rest = later ? ", extrapolated" : "";
  for (const auto& [word, count] : others) rest += fmt::format("; {} of {} {}", count, decays.size(), word);
  if (steps.empty()) return others.size() == 1 ? others.begin()->first : rest.substr(2);
  std::sort(steps.begin(), steps.end());
  const bool one = decays.size() == 1;
  const double low = one ? decays.front()->low : steps.front(), high = one ? decays.front()->high : steps.back();
  if (!std::isfinite(low)) return "not reached" + rest;
  return fmt::format("{} {}{}", steps_text(middle_of(steps)), interval_text(steps_text(low), steps_text(high)), rest);
}

/// Of the first of the figures to which something was fitted.
std::string half_life_of(const ExaminedGroup& group, const std::vector<std::string>& figures) {
  for (const auto& name : figures) {
    if (const auto decays = decays_of(group, name); !decays.empty()) return half_life_text(decays);
  }
  return kNone;
}

/// Where the memory lies, and of how many networks.
std::string verdict_of(const ExaminedGroup& group, const std::string& what) {
  std::map<std::string, int> counts;
  for (const auto& examination : group.examinations) {
    if (const auto found = examination.verdicts.find(what); found != examination.verdicts.end())
      ++counts[found->second];
  }
  if (counts.empty()) return kNone;
  if (counts.size() == 1) return counts.begin()->first;
  std::vector<std::string> parts;
  for (const auto& [verdict, count] : counts) parts.push_back(fmt::format("{} ({})", verdict, count));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string score_of(const ExaminedGroup& group, bool accuracy) {
  const double factor = accuracy ? kPercent : 1;
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

std::string scored_samples(const ExaminedGroup& group) {
  const auto scored = steps_of(group, "score.samples"), all = steps_of(group, "score.of");
  return scored == kNone ? kNone : fmt::format("{} of {}", scored, all);
}

std::string after_blank(const ExaminedGroup& group, const std::string& name) {
  const auto text = number_text(group, name, kPercent, 1), steps = steps_of(group, "decoding.last_steps");
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
          {"test samples scored", scored_samples},
          {accuracy ? "chance, %" : "score of guessing", number("chance", accuracy ? kPercent : 1, accuracy ? 1 : 4)},
          {"trained delay, steps", [](const ExaminedGroup& group) { return steps_of(group, "time.delay"); }},
          {"half-life of the score, steps", half_life({"delay", "blank_delay"})},
          {"half-life of the rates' trace, steps", half_life({"trace"})},
          {"half-life of the synapses' trace, steps", half_life({"trace_synapses"})},
          {"item decoded from the rates at the end of the trained delay, %", number("decoding.delay_end", kPercent, 1)},
          {"item decoded from the synapses at the end of the trained delay, %",
           number("decoding.delay_end_synapses", kPercent, 1)},
          {"item decoded from the rates after the longest blank run, %",
           [](const ExaminedGroup& group) { return after_blank(group, "decoding.last"); }},
          {"item decoded by chance, %", number("decoding.chance", kPercent, 1)},
          {"where the memory lies", [](const ExaminedGroup& group) { return verdict_of(group, "memory"); }},
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
  auto interval = mean_interval(values);
  if (!interval) return text(mean(values));
  if (factor == kPercent) interval = {std::max(0.0, interval->low), std::min(1.0, interval->high)};
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
  const std::string from = " Half-lives count from the shortest time looked at.";
  table.explanation =
      (several
           ? "Of several networks the mean with its 95 % interval (Student's t); half-lives: the median [smallest, "
             "largest]. Of a single network the interval is over its test samples."
           : "Scores ± 1.96 standard errors over the test samples; half-lives with their 95 % bootstrap interval.") +
      from;
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
