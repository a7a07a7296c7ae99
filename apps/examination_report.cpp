// SPDX-License-Identifier: Apache-2.0
#include "apps/examination_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/examination_json.hpp"
#include "apps/examination_overview.hpp"
#include "apps/mean_interval.hpp"
#include "apps/page/page.hpp"
#include "apps/path_text.hpp"
#include "apps/run_folder.hpp"
#include "core/csv.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A figure that is a curve over its first column.
struct CurveOf {
  std::string figure, column;
  bool share = false;  ///< in [0, 1] whatever the task's score is
  bool score = true;   ///< the task's score
};

/// By the name that the page has for them.
const std::map<std::string, CurveOf> kCurves = {
    {"blank_delay", {"blank_delay", "score"}},
    {"delay", {"delay", "score"}},
    {"reset", {"reset", "score"}},
    {"input_fraction", {"input_fraction", "score"}},
    {"crop", {"crop", "score"}},
    {"gap", {"gap", "score"}},
    {"input_noise", {"input_noise", "score"}},
    {"trace", {"trace", "spread", false, false}},
    {"trace_synapses", {"trace_synapses", "spread", false, false}},
    {"drift", {"drift", "speed per step", false, false}},
    {"decoding", {"decoding", "from the rates", true, false}},
    {"decoding_synapses", {"decoding", "from the synapses u·x", true, false}}};

/// Figures of one value a label, drawn as bars.
const std::map<std::string, std::string> kBars = {{"lesions", "score"}, {"memory_site", "decoded"}};

const FigureTable* find_figure(const Examination& examination, const std::string& name) {
  const auto found = std::find_if(examination.figures.begin(), examination.figures.end(),
                                  [&](const FigureTable& figure) { return figure.name == name; });
  return found == examination.figures.end() ? nullptr : &*found;
}

std::optional<std::size_t> find_column(const FigureTable& figure, const std::string& name) {
  const auto found = std::find(figure.columns.begin(), figure.columns.end(), name);
  if (found == figure.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - figure.columns.begin());
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// Mean and 95 % interval by Student's t over replicates; of one, by its own standard error, where it has one.
Json band_of(const std::vector<double>& values, double own_error, bool share) {
  const double middle = mean(values);
  std::optional<Interval> band = mean_interval(values);
  if (!band && values.size() == 1 && std::isfinite(own_error))
    band = Interval{middle - 1.96 * own_error, middle + 1.96 * own_error};
  if (band && share) band = {std::clamp(band->low, 0.0, 1.0), std::clamp(band->high, 0.0, 1.0)};
  return {number(middle), band ? number(band->low) : Json(), band ? number(band->high) : Json()};
}

/// A network's own standard error of a row; NaN where the figure tells none.
double error_of(const FigureTable& figure, std::size_t row, const std::string& name) {
  const auto error = find_column(figure, name);
  return error ? figure.rows[row][*error] : std::nan("");
}

/// [[x, mean, low, high, networks], …]. `share`: the values lie in [0, 1], and so does their interval.
Json curve_of(const ExaminedGroup& group, const CurveOf& curve, bool share) {
  Json rows = Json::array();
  const auto* first = find_figure(group.examinations.front(), curve.figure);
  if (first == nullptr || !find_column(*first, curve.column)) return rows;
  const auto column = *find_column(*first, curve.column);
  for (std::size_t i = 0; i < first->rows.size(); ++i) {
    std::vector<double> values;
    for (const auto& examination : group.examinations) {
      const auto* figure = find_figure(examination, curve.figure);
      if (figure != nullptr && i < figure->rows.size() && figure->rows[i][0] == first->rows[i][0] &&
          std::isfinite(figure->rows[i][column]))
        values.push_back(figure->rows[i][column]);
    }
    if (values.empty()) continue;
    auto row = band_of(values, error_of(*first, i, "standard error"), share);
    row.insert(row.begin(), first->rows[i][0]);
    row.push_back(values.size());
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The same curve of each network: [{network, points: [[x, y], …]}, …].
Json singles_of(const ExaminedGroup& group, const CurveOf& curve) {
  Json singles = Json::array();
  for (std::size_t i = 0; i < group.examinations.size(); ++i) {
    const auto* figure = find_figure(group.examinations[i], curve.figure);
    const auto column = figure == nullptr ? std::nullopt : find_column(*figure, curve.column);
    if (!column) continue;
    Json points = Json::array();
    for (const auto& row : figure->rows) {
      if (std::isfinite(row[*column])) points.push_back({row[0], row[*column]});
    }
    singles.push_back({{"network", group.networks[i].number}, {"points", std::move(points)}});
  }
  return singles;
}

/// [{label, mean, low, high, values: one a network}, …], by the labels of the first network.
Json bars_of(const ExaminedGroup& group, const std::string& name, const std::string& column, bool share) {
  Json rows = Json::array();
  const auto* first = find_figure(group.examinations.front(), name);
  if (first == nullptr || !find_column(*first, column)) return rows;
  for (std::size_t i = 0; i < first->labels.size(); ++i) {
    std::vector<double> values;
    for (const auto& examination : group.examinations) {
      const auto* figure = find_figure(examination, name);
      if (figure == nullptr) continue;
      const auto label = std::find(figure->labels.begin(), figure->labels.end(), first->labels[i]);
      if (label == figure->labels.end()) continue;
      const double value =
          figure->rows[static_cast<std::size_t>(label - figure->labels.begin())][*find_column(*figure, column)];
      if (std::isfinite(value)) values.push_back(value);
    }
    if (values.empty()) continue;
    const auto band = band_of(values, error_of(*first, i, "standard error over samples"), share);
    rows.push_back(
        {{"label", first->labels[i]}, {"mean", band[0]}, {"low", band[1]}, {"high", band[2]}, {"values", values}});
  }
  return rows;
}

Json to_json(const ExaminedGroup& group, ScoreKind score) {
  // Replicates have as many parameters each.
  Json json{{"name", group.name},
            {"model", group.model},
            {"units", group.networks.front().spec.settings.model.n},
            {"parameters", std::llround(group.examinations.front().numbers.at("parameters"))}};
  json["networks"] = Json::array();
  for (std::size_t i = 0; i < group.networks.size(); ++i) {
    const auto& examination = group.examinations[i];
    Json decays = Json::array(), numbers = Json::object();
    for (const auto& decay : examination.decays) decays.push_back(to_json(decay));
    for (const auto& [name, value] : examination.numbers) numbers[name] = std::isfinite(value) ? Json(value) : Json();
    json["networks"].push_back({{"number", group.networks[i].number},
                                {"weights", path_text(group.networks[i].weights)},
                                {"seed", group.networks[i].spec.seed},
                                {"numbers", std::move(numbers)},
                                {"decays", std::move(decays)},
                                {"verdicts", examination.verdicts},
                                {"findings", examination.findings}});
  }
  json["curves"] = json["singles"] = json["bars"] = Json::object();
  const bool accuracy = score == ScoreKind::accuracy;
  for (const auto& [name, curve] : kCurves) {
    auto rows = curve_of(group, curve, curve.share || (accuracy && curve.score));
    if (rows.empty()) continue;
    json["curves"][name] = std::move(rows);
    if (group.networks.size() > 1) json["singles"][name] = singles_of(group, curve);
  }
  for (const auto& [name, column] : kBars) {
    if (auto rows = bars_of(group, name, column, accuracy || name == "memory_site"); !rows.empty())
      json["bars"][name] = std::move(rows);
  }
  json["figures"] = Json::object();
  for (const auto& figure : group.examinations.front().figures) json["figures"][figure.name] = to_json(figure);
  return json;
}

void add_cells(std::vector<std::string>& cells, const std::vector<double>& row) {
  for (const double value : row) cells.push_back(std::isfinite(value) ? csv_cell(value) : "");
}

std::vector<std::string> header(std::vector<std::string> cells, const FigureTable& figure) {
  for (const auto& column : figure.columns) cells.push_back(csv_cell(column));
  return cells;
}

std::map<std::string, std::string> to_csv(const ExaminationReport& report) {
  std::map<std::string, std::string> files;
  for (const auto& group : report.groups) {
    for (std::size_t n = 0; n < group.networks.size(); ++n) {
      for (const auto& figure : group.examinations[n].figures) {
        const bool labels = !figure.labels.empty();
        auto& csv = files[figure.name + ".csv"];
        if (csv.empty())
          csv = csv_row(header(labels ? std::vector<std::string>{"group", "network", "label"}
                                      : std::vector<std::string>{"group", "network"},
                               figure));
        for (std::size_t i = 0; i < figure.rows.size(); ++i) {
          std::vector<std::string> cells{csv_cell(group.name), csv_cell(group.networks[n].number)};
          if (labels) cells.push_back(csv_cell(figure.labels[i]));
          add_cells(cells, figure.rows[i]);
          csv += csv_row(cells);
        }
      }
    }
  }
  if (report.input_sizes) {
    auto& csv = files["input_size.csv"] = csv_row(header({"group"}, *report.input_sizes));
    for (std::size_t i = 0; i < report.input_sizes->rows.size(); ++i) {
      std::vector<std::string> cells{csv_cell(report.input_sizes->labels[i])};
      add_cells(cells, report.input_sizes->rows[i]);
      csv += csv_row(cells);
    }
  }
  return files;
}

std::string file_name(std::string text) {
  for (auto& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-' && c != '.') c = '_';
  }
  return text;
}

/// Characters of UTF-8, not bytes.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string to_json_text(const ExaminationReport& report) {
  Json root{{"suite", report.suite},
            {"task", report.task},
            {"score", report.score == ScoreKind::accuracy ? "accuracy" : "mse"}};
  root["groups"] = Json::array();
  for (const auto& group : report.groups) root["groups"].push_back(to_json(group, report.score));
  if (report.input_sizes) root["input_sizes"] = to_json(*report.input_sizes);
  const auto table = overview(report);
  root["overview"] = {{"head", table.head}, {"rows", table.rows}, {"explanation", table.explanation}};
  // Names of files need not be UTF-8.
  return root.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_report(const ExaminationReport& report, const fs::path& folder) {
  const auto json = to_json_text(report);
  fs::create_directories(folder / "recordings");
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
  const auto table = overview(report);
  std::string text;
  const bool one = report.groups.size() == 1 && report.groups.front().networks.size() == 1;
  if (one) {
    for (const auto& finding : report.groups.front().examinations.front().findings) text += "- " + finding + "\n";
    text += "\n";
  }
  // One line a quantity: the table is wider than a terminal.
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < table.head.size(); ++i) {
    rows.push_back({table.head[i]});
    for (const auto& row : table.rows) rows.back().push_back(row[i]);
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], characters(row[i]));
  }
  for (const auto& row : rows) {
    text += row.front() + std::string(widths.front() - characters(row.front()), ' ');
    for (std::size_t i = 1; i < row.size(); ++i)
      text += "  " + std::string(widths[i] - characters(row[i]), ' ') + row[i];
    text += "\n";
  }
  return text + table.explanation + "\n";
}

}  // namespace evobrnn
