// SPDX-License-Identifier: Apache-2.0
/// `evobrnn conformance`: the conformance kit on a model, task or strategy, its own or a plugin's.
#include "core/conformance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/signals.hpp"
#include "core/catalogue.hpp"
#include "evolve/conformance.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

struct Options {
  std::string name, kind;
  ExperimentSource source;  ///< its overrides
  std::filesystem::path data;
  bool json = false;
};

/// One property under all its variants.
struct Row {
  std::string property;
  std::size_t variants = 0, failed = 0;
  std::vector<conformance::Finding> findings;
};

std::vector<std::string> strategy_names() {
  std::vector<std::string> list;
  for (const auto& entry : strategies()) list.push_back(entry.name);
  return list;
}

std::vector<std::string> catalogue_names(const std::vector<CatalogueEntry>& entries) {
  std::vector<std::string> list;
  for (const auto& entry : entries) list.push_back(entry.name);
  return list;
}

/// "model", "task" or "strategy": what has the name, of the kind asked for.
std::string kind_of(const Options& options) {
  std::vector<std::string> known, kinds;
  const auto look_in = [&](const std::string& kind, const std::vector<std::string>& names) {
    if (!options.kind.empty() && options.kind != kind) return;
    known.insert(known.end(), names.begin(), names.end());
    if (std::find(names.begin(), names.end(), options.name) != names.end()) kinds.push_back(kind);
  };
  look_in("model", catalogue_names(model_catalogue()));
  look_in("task", catalogue_names(task_catalogue()));
  look_in("strategy", strategy_names());
  if (kinds.empty()) throw SettingsError({{"", "NAME", options.name, known_names(options.name, known)}});
  if (kinds.size() > 1)
    throw SettingsError(
        {{"", "NAME", options.name, "is a " + kinds[0] + " and a " + kinds[1] + ": say which by --kind"}});
  return kinds.front();
}

/// The task's settings with those of --set, checked as those of a file.
TaskSettings task_settings(const Options& options) {
  TrialSettings settings;
  settings.task.name = options.name;
  Document document;
  for (const auto& assignment : options.source.overrides) override_entry(document, assignment);
  std::vector<Diagnostic> mistakes;
  for (const auto& entry : document.entries) {
    const auto* row = entry.path.starts_with("task.") ? find_setting(trial_settings_table(), entry.path) : nullptr;
    if (row) assign(*row, settings, entry, mistakes);
    else mistakes.push_back({entry.where, entry.path, to_text(entry.value), "is no setting of a task"});
  }
  if (mistakes.empty()) mistakes = cross_check(settings);
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
  return settings.task;
}

std::vector<conformance::Check> checks_of(const std::string& kind, const Options& options) {
  if (kind != "task" && !options.source.overrides.empty())
    throw SettingsError({{"--set", "", "", "is for tasks: a " + kind + " is checked under variants of its own"}});
  if (kind == "model") return conformance::model_checks(options.name);
  if (kind == "strategy") return conformance::strategy_checks(options.name);
  return conformance::task_checks(task_settings(options), make_data_store(options.data));
}

void print_row(const Row& row) {
  fmt::print("{:<82} {}\n", conformance::in_words(row.property),
             row.failed == 0
                 ? fmt::format("passed, {} variant{}", row.variants, row.variants == 1 ? "" : "s")
                 : fmt::format("FAILED, {} of {} variant{}", row.failed, row.variants, row.variants == 1 ? "" : "s"));
  for (const auto& [first, count, variants] : conformance::grouped(row.findings)) {
    fmt::print("    {}: {}: expected {}, seen {}\n", first.variant, first.where, first.expected, first.seen);
    if (count > 1)
      fmt::print("        {} times in {} variant{}: {}\n", count, variants.size(), variants.size() == 1 ? "" : "s",
                 fmt::join(variants, ", "));
  }
  std::fflush(stdout);
}

void print_json(const std::string& kind, const std::string& name, const std::vector<Row>& rows, std::size_t failed) {
  nlohmann::ordered_json root{{"kind", kind}, {"name", name}, {"passed", failed == 0}};
  for (const auto& row : rows) {
    nlohmann::ordered_json property{{"property", row.property}, {"variants", row.variants}, {"failed", row.failed}};
    property["findings"] = nlohmann::ordered_json::array();
    for (const auto& [first, count, variants] : conformance::grouped(row.findings))
      property["findings"].push_back({{"variant", first.variant},
                                      {"where", first.where},
                                      {"expected", first.expected},
                                      {"seen", first.seen},
                                      {"count", count},
                                      {"variants", variants}});
    root["properties"].push_back(std::move(property));
  }
  fmt::print("{}\n", root.dump(2));
}

int run_checks(const Options& options) {
  const auto kind = kind_of(options);
  const auto checks = checks_of(kind, options);
  if (!options.json) fmt::print("{} {}\n", kind, options.name);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (stop_requested()) return stop_exit_code();
    const auto& check = checks[i];
    if (rows.empty() || rows.back().property != check.property) rows.push_back({check.property, 0, 0, {}});
    auto& row = rows.back();
    const auto findings = conformance::findings_of(check);
    ++row.variants;
    row.failed += !findings.empty();
    row.findings.insert(row.findings.end(), findings.begin(), findings.end());
    const bool last = i + 1 == checks.size() || checks[i + 1].property != check.property;
    if (last && !options.json) print_row(row);
  }
  const auto failed =
      static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.failed > 0; }));
  if (options.json) print_json(kind, options.name, rows, failed);
  else if (failed == 0) fmt::print("all {} properties hold\n", rows.size());
  else fmt::print("{} of {} properties failed\n", failed, rows.size());
  return failed == 0 ? kExitOk : kExitFailure;
}

}  // namespace

void add_conformance(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "conformance", "Checks that a model, task or strategy keeps what all must keep, as one of a plugin of your own");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, "Of the model, task or strategy")->required()->type_name("");
  command->add_option("--kind", options->kind, "Which, where several have the name: model, task or strategy")
      ->check(CLI::IsMember({"model", "task", "strategy"}))
      ->type_name("KIND");
  add_set_option(*command, options->source, "Overrides a setting of a task, as --set task.file=x.safetensors");
  add_data_option(*command, options->data);
  command->add_flag("--json", options->json, "Prints one JSON object and nothing else");
  command->footer(
      "Of a model: gradients against central differences, independent rows, runs in pieces, resets, padding, Dale's "
      "signs,\nranges, saved weights, seeds, noise, float32, both paths; under every variant that its settings allow. "
      "Of "
      "a task: shapes,\nvalid numbers, samples that depend on their number alone, masks, scores. Of a strategy: "
      "proposals within the space, the\nsame ledger for any number of workers and after a kill. What fails is told "
      "with "
      "variant, place, and the expected and the\nseen value.\n"
      "Exit code: 0, or 1 where a property failed.\n\n"
      "Examples:\n  evobrnn conformance conductance\n  evobrnn --plugin libmine.so conformance mine --json\n"
      "  evobrnn conformance sequences --set task.file=mine.safetensors");
  command->callback([options, &exit_code] { exit_code = run_checks(*options); });
}

}  // namespace evobrnn
