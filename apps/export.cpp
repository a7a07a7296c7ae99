// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "evolve/ledger_reader.hpp"

namespace evobrnn {
namespace {

using nlohmann::ordered_json;

struct Options {
  std::filesystem::path folder, out;
  std::string format = "csv";
};

/// JSON has no NaN and no infinity: they are texts, as in the ledger.
ordered_json number(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

/// One trial as columns in order; a genome's and the metrics' are objects in it.
ordered_json row(const LedgerTrial& trial) {
  const auto& result = trial.result;
  ordered_json metrics = ordered_json::object();
  for (const auto& [name, value] : result.metrics) metrics[name] = number(value);
  const bool ok = result.status == TrialStatus::ok;
  return {{"id", trial.id},
          {"generation", trial.generation},
          {"role", trial.key.role},
          {"repeat", trial.key.repeat},
          {"fidelity", number(trial.key.fidelity)},
          {"seed", trial.seed},
          {"parents", trial.parents},
          {"status", to_text(result.status)},
          {"cause", result.cause},
          {"score", ok ? number(result.score) : ordered_json()},
          {"genome", ordered_json::parse(trial.key.genome)},
          {"metrics", metrics},
          {"steps", result.cost.steps},
          {"samples", result.cost.samples},
          {"flops", number(result.cost.flops)},
          {"wall_seconds", number(result.cost.wall_seconds)},
          {"cpu_seconds", number(result.cost.cpu_seconds)},
          {"peak_bytes", result.cost.peak_bytes},
          {"worker", trial.worker},
          {"started", number(trial.started)},
          {"content", trial.content},
          {"origin", trial.origin}};
}

std::string as_jsonl(const std::vector<LedgerTrial>& trials) {
  std::string text;
  for (const auto& trial : trials) {
    auto object = row(trial);
    object["curve"] = ordered_json::array();
    for (const auto& p : trial.result.curve) {
      object["curve"].push_back({{"step", p.step},
                                 {"samples", p.samples},
                                 {"train_loss", number(p.train_loss)},
                                 {"validation_loss", number(p.validation_loss)},
                                 {"validation_score", number(p.validation_score)}});
    }
    text += object.dump() + "\n";
  }
  return text;
}

/// As RFC 4180 has it. Numbers are the shortest text that reads back as the same bits.
std::string cell(const ordered_json& value) {
  if (value.is_null()) return "";
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const auto& part : value) parts.push_back(part.dump());
    return fmt::format("{}", fmt::join(parts, " "));
  }
  if (!value.is_string()) return value.dump();
  auto text = value.get<std::string>();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '"');
  return '"' + text + '"';
}

bool spread(const std::string& column) { return column == "genome" || column == "metrics"; }

/// The names inside of one object column over all rows, in order of their first appearance.
std::vector<std::string> names_in(const std::vector<ordered_json>& rows, const std::string& column) {
  std::vector<std::string> names;
  for (const auto& row : rows) {
    for (const auto& [name, value] : row.at(column).items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  if (column == "metrics") std::sort(names.begin(), names.end());
  return names;
}

std::string as_csv(const std::vector<LedgerTrial>& trials) {
  std::vector<ordered_json> rows;
  for (const auto& trial : trials) rows.push_back(row(trial));
  LedgerTrial empty;
  empty.key.genome = "{}";
  const auto columns = row(empty);
  const auto genes = names_in(rows, "genome"), metrics = names_in(rows, "metrics");
  std::vector<std::string> cells;
  for (const auto& [column, value] : columns.items()) {
    if (!spread(column)) cells.push_back(column);
    else
      for (const auto& name : column == "genome" ? genes : metrics) cells.push_back(cell(name));
  }
  auto text = fmt::format("{}\n", fmt::join(cells, ","));
  for (const auto& row : rows) {
    cells.clear();
    for (const auto& [column, value] : row.items()) {
      if (!spread(column)) cells.push_back(cell(value));
      else
        for (const auto& name : column == "genome" ? genes : metrics)
          cells.push_back(cell(value.value(name, ordered_json())));
    }
    text += fmt::format("{}\n", fmt::join(cells, ","));
  }
  return text;
}

int export_run(const Options& options) {
  const auto trials = LedgerReader(require_ledger(options.folder)).trials();
  const auto text = options.format == "csv" ? as_csv(trials) : as_jsonl(trials);
  if (options.out.empty()) {
    fmt::print("{}", text);
    return kExitOk;
  }
  OutputFile(options.out).write(text);
  fmt::print("{} trials in {}\n", trials.size(), options.out.string());
  return kExitOk;
}

}  // namespace

void add_export(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("export", "Prints all trials of a run as a table, for other programs");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->folder, "Run folder")->required()->type_name("");
  command->add_option("--format", options->format, "csv, or jsonl: one JSON object a line, with the learning curve")
      ->capture_default_str()
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->type_name("FORMAT");
  command->add_option("--out", options->out, "File to write, in place of standard output")->type_name("FILE");
  command->footer(
      "One row a trial: number, generation (-1: final test), role, status, cause, score, genes, metrics, cost. "
      "Numbers\n"
      "are the shortest text that reads back as the same bits; nan, inf and -inf are such texts too.\n\n"
      "Examples:\n  evobrnn export runs/quickstart > trials.csv\n"
      "  evobrnn export runs/quickstart --format jsonl --out trials.jsonl");
  command->callback([options, &exit_code] { exit_code = export_run(*options); });
}

}  // namespace evobrnn
