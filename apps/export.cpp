// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/csv.hpp"
#include "evolve/ledger_reader.hpp"
#include "view/terminal.hpp"

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
ordered_json row(const LedgerTrial& trial, const ScoreMeaning& score) {
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
          {"score", ok ? number(score.told(result.score)) : ordered_json()},
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

/// Whatever bytes a foreign ledger holds, one line of valid JSON.
std::string line_of(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string as_jsonl(const std::vector<LedgerTrial>& trials, const ScoreMeaning& score) {
  std::string text;
  for (const auto& trial : trials) {
    auto object = row(trial, score);
    object["curve"] = ordered_json::array();
    for (const auto& p : trial.result.curve) {
      object["curve"].push_back({{"step", p.step},
                                 {"samples", p.samples},
                                 {"train_loss", number(p.train_loss)},
                                 {"validation_loss", number(p.validation_loss)},
                                 {"validation_score", number(p.validation_score)}});
    }
    text += line_of(object);
  }
  return text;
}

std::string cell(const ordered_json& value) {
  if (value.is_null()) return "";
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const auto& part : value) parts.push_back(part.dump());
    return fmt::format("{}", fmt::join(parts, " "));
  }
  return value.is_string() ? csv_cell(value.get_ref<const std::string&>()) : value.dump();
}

/// A gene's value: an empty text is not the empty cell of a gene that does not apply.
std::string gene_cell(const ordered_json& value) {
  return value.is_string() ? csv_value(value.get_ref<const std::string&>()) : cell(value);
}

/// Names of users, which are columns behind a word of ours.
struct OwnColumns {
  const char* column;
  const char* prefix;
  std::string (*cell)(const ordered_json& value);
  std::vector<std::string> names = {};  ///< in order of their first appearance
};

const OwnColumns* own(const std::vector<OwnColumns>& all, const std::string& column) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const OwnColumns& own) { return own.column == column; });
  return found == all.end() ? nullptr : &*found;
}

void add_names(OwnColumns& own, const std::vector<ordered_json>& rows) {
  for (const auto& row : rows) {
    for (const auto& [name, value] : row.at(own.column).items()) {
      if (std::find(own.names.begin(), own.names.end(), name) == own.names.end()) own.names.push_back(name);
    }
  }
}

std::string as_csv(const std::vector<LedgerTrial>& trials, const ScoreMeaning& score) {
  std::vector<ordered_json> rows;
  for (const auto& trial : trials) rows.push_back(row(trial, score));
  std::vector<OwnColumns> owns{{"genome", "params.", gene_cell}, {"metrics", "metrics.", cell}};
  for (auto& columns : owns) add_names(columns, rows);
  std::sort(owns.back().names.begin(), owns.back().names.end());
  LedgerTrial empty;
  empty.key.genome = "{}";
  std::vector<std::string> cells;
  const auto columns = row(empty, score);
  for (const auto& [column, value] : columns.items()) {
    const auto* const spread = own(owns, column);
    if (!spread) cells.push_back(column);
    else
      for (const auto& name : spread->names) cells.push_back(csv_cell(spread->prefix + name));
  }
  auto text = csv_row(cells);
  for (const auto& row : rows) {
    cells.clear();
    for (const auto& [column, value] : row.items()) {
      const auto* const spread = own(owns, column);
      if (!spread) cells.push_back(cell(value));
      else
        for (const auto& name : spread->names) cells.push_back(spread->cell(value.value(name, ordered_json())));
    }
    text += csv_row(cells);
  }
  return text;
}

int export_run(const Options& options) {
  const LedgerReader ledger(require_ledger(options.folder));
  std::vector<std::string> damage;
  const auto trials = ledger.trials(&damage);
  const auto score = ledger.score().value_or(ScoreMeaning{});
  const auto text = options.format == "csv" ? as_csv(trials, score) : as_jsonl(trials, score);
  if (options.out.empty()) {
    fmt::print("{}", ::isatty(STDOUT_FILENO) != 0 ? printable(text) : text);
  } else {
    write_atomically(options.out, text);
    fmt::print("{} trials in {}\n", trials.size(), options.out.string());
  }
  return tell_damage(options.folder, damage, fmt::format("the {} trials that are whole were exported", trials.size()));
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
      "One row a trial: number, generation (-1: final test), role, status, cause, score, genes as params.NAME, metrics "
      "as\n"
      "metrics.NAME, cost. CSV as RFC 4180 has it. Numbers are the shortest text that reads back as the same bits; "
      "nan, "
      "inf\n"
      "and -inf are such texts too. An empty text is \"\", the cell of a gene that does not apply is empty. Texts "
      "stand as "
      "they\n"
      "are: import them as text into a spreadsheet program, to which one that begins with = + - @ is a formula.\n"
      "Exit code: 0; 1 the ledger is damaged, and what is whole of it was exported; 2 no run there.\n\n"
      "Examples:\n  evobrnn export runs/quickstart > trials.csv\n"
      "  evobrnn export runs/quickstart --format jsonl --out trials.jsonl");
  command->callback([options, &exit_code] { exit_code = export_run(*options); });
}

}  // namespace evobrnn
