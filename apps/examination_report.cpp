// SPDX-License-Identifier: Apache-2.0
#include "apps/examination_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/examination_json.hpp"
#include "apps/page/page.hpp"
#include "apps/run_folder.hpp"
#include "evolve/statistics/summary.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Figures that are a curve over their first column, and which column is the curve.
const std::map<std::string, std::size_t> kCurves = {
    {"blank_delay", 1}, {"delay", 1}, {"reset", 1},          {"input_fraction", 1}, {"crop", 1},    {"gap", 1},
    {"input_noise", 1}, {"trace", 1}, {"trace_synapses", 1}, {"drift", 1},          {"decoding", 1}};

const FigureTable* find_figure(const Examination& examination, const std::string& name) {
  const auto found = std::find_if(examination.figures.begin(), examination.figures.end(),
                                  [&](const FigureTable& figure) { return figure.name == name; });
  return found == examination.figures.end() ? nullptr : &*found;
}

struct Band {
  double mean = 0, low = 0, high = 0;
};

/// Mean and 95 % interval by Student's t over replicates; of one, by its own standard error, where it has one.
Band band_of(const std::vector<double>& values, double own_error) {
  const double middle = mean(values);
  const auto n = static_cast<double>(values.size());
  if (values.size() < 2) return {middle, middle - 1.96 * own_error, middle + 1.96 * own_error};
  const boost::math::students_t_distribution<> t(n - 1);
  const double reach = boost::math::quantile(t, 0.975) * deviation(values) / std::sqrt(n);
  return {middle, middle - reach, middle + reach};
}

/// Replicates have as many each.
std::int64_t parameters_of(const ExaminedGroup& group) {
  return std::llround(group.examinations.front().numbers.at("parameters"));
}

/// `share`: the values lie in [0, 1], and so does their interval.
Json curve_of(const ExaminedGroup& group, const std::string& name, std::size_t column, bool share) {
  Json rows = Json::array();
  const auto* first = find_figure(group.examinations.front(), name);
  if (first == nullptr) return rows;
  for (std::size_t i = 0; i < first->rows.size(); ++i) {
    std::vector<double> values;
    for (const auto& examination : group.examinations) {
      const auto* figure = find_figure(examination, name);
      if (figure != nullptr && i < figure->rows.size() && figure->rows[i][0] == first->rows[i][0])
        values.push_back(figure->rows[i][column]);
    }
    const double error = name == "decoding" || first->columns.size() < 3 ? 0 : first->rows[i][2];
    auto band = band_of(values, std::isfinite(error) ? error : 0);
    if (share) band = {band.mean, std::clamp(band.low, 0.0, 1.0), std::clamp(band.high, 0.0, 1.0)};
    rows.push_back({first->rows[i][0], band.mean, band.low, band.high, values.size()});
  }
  return rows;
}

/// The half-lives of a group's networks for one figure.
struct HalfLives {
  std::vector<double> steps;
  double low = 0, high = 0;  ///< of one network: its own interval; of several: the range
  std::size_t stable = 0;
  std::set<std::string> forms;
};

std::optional<HalfLives> half_lives(const ExaminedGroup& group, const std::string& name) {
  HalfLives lives;
  for (const auto& examination : group.examinations) {
    for (const auto& decay : examination.decays) {
      if (decay.name != name) continue;
      lives.steps.push_back(decay.half_life);
      lives.stable += decay.stable;
      lives.forms.insert(decay.form);
      lives.low = decay.low;
      lives.high = decay.high;
    }
  }
  if (lives.steps.empty()) return std::nullopt;
  std::sort(lives.steps.begin(), lives.steps.end());
  if (lives.steps.size() > 1) {
    lives.low = lives.steps.front();
    lives.high = lives.steps.back();
  }
  return lives;
}

/// Of ascending values, also where some are infinite.
double middle_of(const std::vector<double>& ascending) {
  const auto n = ascending.size();
  const double low = ascending[(n - 1) / 2], high = ascending[n / 2];
  return low == high ? low : (low + high) / 2;
}

std::string steps_text(double steps) { return std::isfinite(steps) ? fmt::format("{:.3g}", steps) : "none"; }

std::string half_life_text(const ExaminedGroup& group, const std::string& name) {
  const auto lives = half_lives(group, name);
  if (!lives) return "–";
  if (lives->stable == lives->steps.size()) return "kept to the end";
  return fmt::format("{} [{}, {}]", steps_text(middle_of(lives->steps)), steps_text(lives->low),
                     steps_text(lives->high));
}

std::vector<double> numbers_of(const ExaminedGroup& group, const std::string& name) {
  std::vector<double> values;
  for (const auto& examination : group.examinations) {
    if (const auto found = examination.numbers.find(name); found != examination.numbers.end())
      values.push_back(found->second);
  }
  return values;
}

std::string number_text(const ExaminedGroup& group, const std::string& name, double factor, const char* format) {
  const auto values = numbers_of(group, name);
  return values.empty() ? "–" : fmt::format(fmt::runtime(format), factor * mean(values));
}

Json to_json(const ExaminedGroup& group, ScoreKind score) {
  Json json{{"name", group.name}, {"model", group.model}, {"parameters", parameters_of(group)}};
  json["networks"] = Json::array();
  for (std::size_t i = 0; i < group.networks.size(); ++i) {
    const auto& examination = group.examinations[i];
    Json decays = Json::array(), numbers = Json::object();
    for (const auto& decay : examination.decays) decays.push_back(to_json(decay));
    for (const auto& [name, value] : examination.numbers) numbers[name] = std::isfinite(value) ? Json(value) : Json();
    json["networks"].push_back({{"number", group.networks[i].number},
                                {"weights", group.networks[i].weights.string()},
                                {"seed", group.networks[i].spec.seed},
                                {"numbers", std::move(numbers)},
                                {"decays", std::move(decays)},
                                {"findings", examination.findings}});
  }
  json["curves"] = Json::object();
  for (const auto& [name, column] : kCurves) {
    const bool states = name == "drift" || name.starts_with("trace");
    const bool share = name == "decoding" || (score == ScoreKind::accuracy && !states);
    if (auto curve = curve_of(group, name, column, share); !curve.empty()) json["curves"][name] = std::move(curve);
  }
  json["figures"] = Json::object();
  for (const auto& figure : group.examinations.front().figures) json["figures"][figure.name] = to_json(figure);
  return json;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_rows(const FigureTable& figure, const std::string& before) {
  std::string csv;
  for (std::size_t i = 0; i < figure.rows.size(); ++i) {
    csv += before;
    if (!figure.labels.empty()) csv += "," + csv_cell(figure.labels[i]);
    for (const double value : figure.rows[i]) csv += "," + (std::isfinite(value) ? fmt::format("{}", value) : "");
    csv += "\n";
  }
  return csv;
}

std::map<std::string, std::string> to_csv(const ExaminationReport& report) {
  std::map<std::string, std::string> files;
  for (const auto& group : report.groups) {
    for (std::size_t i = 0; i < group.networks.size(); ++i) {
      for (const auto& figure : group.examinations[i].figures) {
        auto& csv = files[figure.name + ".csv"];
        if (csv.empty()) {
          csv = "group,network";
          if (!figure.labels.empty()) csv += ",label";
          for (const auto& column : figure.columns) csv += "," + csv_cell(column);
          csv += "\n";
        }
        csv += csv_rows(figure, fmt::format("{},{}", csv_cell(group.name), group.networks[i].number));
      }
    }
  }
  if (report.input_sizes) {
    std::string csv = "group";
    for (const auto& column : report.input_sizes->columns) csv += "," + csv_cell(column);
    csv += "\n";
    for (std::size_t i = 0; i < report.input_sizes->rows.size(); ++i) {
      csv += csv_cell(report.input_sizes->labels[i]);
      for (const double value : report.input_sizes->rows[i]) csv += fmt::format(",{}", value);
      csv += "\n";
    }
    files["input_size.csv"] = csv;
  }
  return files;
}

/// The table that sums up the groups.
struct Overview {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

Overview overview(const ExaminationReport& report) {
  const bool accuracy = report.score == ScoreKind::accuracy;
  Overview table{{"network", "parameters", "n", accuracy ? "test accuracy, %" : "test score", "half-life of accuracy",
                  "half-life of the rates' trace", "decoded after the delay, %", "stable points", "mean rate"},
                 {}};
  for (const auto& group : report.groups)
    table.rows.push_back({group.name, std::to_string(parameters_of(group)), std::to_string(group.networks.size()),
                          number_text(group, "score", accuracy ? 100 : 1, accuracy ? "{:.1f}" : "{:.4g}"),
                          half_life_text(group, "blank_delay"), half_life_text(group, "trace"),
                          number_text(group, "decoding.last", 100, "{:.1f}"),
                          number_text(group, "fixed_points.stable", 1, "{:.1f}"),
                          number_text(group, "rates.mean", 1, "{:.3f}")});
  return table;
}

std::string explanation(const ExaminationReport& report) {
  const bool several = std::any_of(report.groups.begin(), report.groups.end(),
                                   [](const ExaminedGroup& group) { return group.networks.size() > 1; });
  return several
             ? "Half-lives in blank steps: median over the networks of a group [smallest, largest]; means elsewhere."
             : "Half-lives in blank steps, with their 95 % bootstrap interval over samples.";
}

std::string to_markdown(const ExaminationReport& report) {
  const auto table = overview(report);
  const auto line = [](const std::vector<std::string>& cells) {
    return fmt::format("| {} |\n", fmt::join(cells, " | "));
  };
  std::string text = fmt::format("# Working memory: {}\n\n{}\n\n", report.task, explanation(report));
  text += line(table.head) + line(std::vector<std::string>(table.head.size(), "---"));
  for (const auto& row : table.rows) text += line(row);
  for (const auto& group : report.groups) {
    text += fmt::format("\n## {} ({})\n\n", group.name, group.model);
    for (const auto& finding : group.examinations.front().findings) text += "- " + finding + "\n";
    if (group.networks.size() > 1) text += fmt::format("\nOf the first of {} networks.\n", group.networks.size());
  }
  return text;
}

std::string file_name(std::string text) {
  for (auto& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-' && c != '.') c = '_';
  }
  return text;
}

}  // namespace

std::string to_json_text(const ExaminationReport& report) {
  Json root{{"suite", report.suite},
            {"task", report.task},
            {"score", report.score == ScoreKind::accuracy ? "accuracy" : "mse"}};
  root["groups"] = Json::array();
  for (const auto& group : report.groups) root["groups"].push_back(to_json(group, report.score));
  if (report.input_sizes) root["input_sizes"] = to_json(*report.input_sizes);
  return root.dump() + "\n";
}

void write_report(const ExaminationReport& report, const fs::path& folder) {
  const auto json = to_json_text(report);
  storing([&] { make_own_folder(folder / "recordings"); });
  write_atomically(folder / "examination.json", json);
  write_atomically(folder / "examination.md", to_markdown(report));
  write_atomically(folder / "examination.html", examination_page(report.task, json));
  for (const auto& [name, csv] : to_csv(report)) write_atomically(folder / name, csv);
  for (const auto& group : report.groups) {
    for (std::size_t i = 0; i < group.networks.size(); ++i)
      write_atomically(
          folder / "recordings" / fmt::format("{}-{}.safetensors", file_name(group.name), group.networks[i].number),
          group.examinations[i].recording);
  }
}

std::string report_text(const ExaminationReport& report) {
  auto table = overview(report);
  table.rows.insert(table.rows.begin(), table.head);
  std::vector<std::size_t> widths(table.head.size(), 0);
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  const bool one = report.groups.size() == 1 && report.groups.front().networks.size() == 1;
  if (one) {
    for (const auto& finding : report.groups.front().examinations.front().findings) text += "- " + finding + "\n";
    text += "\n";
  }
  // One line a quantity: the table is wider than a terminal.
  for (std::size_t i = 0; i < table.head.size(); ++i) {
    std::vector<std::string> cells;
    for (std::size_t g = 1; g < table.rows.size(); ++g) cells.push_back(fmt::format("{:>22}", table.rows[g][i]));
    text += fmt::format("{:<30}{}\n", table.head[i], fmt::join(cells, ""));
  }
  return text + explanation(report) + "\n";
}

}  // namespace evobrnn
