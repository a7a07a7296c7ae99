// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "apps/all_settings.hpp"
#include "apps/commands.hpp"
#include "apps/markdown.hpp"
#include "apps/signals.hpp"
#include "core/catalogue.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

constexpr std::size_t kWidth = 100;

/// Words of `text` in lines of at most kWidth, each after `indent`.
std::string wrapped(const std::string& text, const std::string& indent) {
  std::istringstream words(text);
  std::string out, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > kWidth) {
      out += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return out + indent + line + "\n";
}

void print_entries(const std::vector<CatalogueEntry>& entries) {
  const auto settings = descriptions(trial_settings_table());
  for (const auto& entry : entries) {
    fmt::print("{}\n", entry.name);
    std::istringstream equations(entry.equation);
    for (std::string line; std::getline(equations, line);) fmt::print("    {}\n", line);
    if (entry.kernel) fmt::print("    runs on the fast kernels\n");
    fmt::print("{}", wrapped(entry.doc + (entry.source.empty() ? "" : " [" + entry.source + "]"), "    "));
    for (const auto& path : settings_of(entry)) {
      for (const auto& setting : settings) {
        if (setting.path == path)
          fmt::print("      {} = {}{}   {}\n", path, default_text(entry, setting),
                     setting.unit.empty() ? "" : " [" + setting.unit + "]", rule_text(setting));
      }
    }
    fmt::print("\n");
  }
}

void print_strategies() {
  for (const auto& entry : strategies()) {
    fmt::print("{}\n    {}; {}; population of at least {}\n{}\n", entry.name,
               entry.batch ? "whole generations at once, all workers busy" : "one trial at a time, one worker busy",
               entry.native_integers ? "integers as they are" : "integers relaxed and rounded",
               entry.smallest_population, wrapped(entry.doc, "    "));
  }
}

void print_settings(const std::string& prefix) {
  bool any = false;
  for (const auto& setting : all_settings()) {
    if (!setting.path.starts_with(prefix)) continue;
    any = true;
    fmt::print("{} = {}{}\n", setting.path, to_toml(setting.fallback),
               setting.unit.empty() ? "" : "  [" + setting.unit + "]");
    fmt::print("{}", wrapped(rule_text(setting), "    "));
    for (const auto& [path, values] : setting.conditions)
      fmt::print("    only where {} = {}\n", path, fmt::join(values, " or "));
    fmt::print("{}\n", wrapped(setting.doc, "    "));
  }
  if (!any) throw SettingsError({{"", prefix, "", "no setting starts so; `evobrnn list settings` shows all"}});
}

}  // namespace

void add_list(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("list", "Prints the catalogue: models, tasks, strategies or settings");
  command->require_subcommand(1)->fallthrough();
  const auto markdown = std::make_shared<bool>(false);
  const auto add = [&](const std::string& name, const std::string& doc, auto print) {
    auto* part = command->add_subcommand(name, doc);
    part->callback([print, &exit_code] {
      print();
      exit_code = kExitOk;
    });
    return part;
  };
  const auto add_catalogue = [&](const std::string& name, const std::string& doc, auto entries, auto page) {
    add(name, doc, [=] {
      *markdown ? fmt::print("{}", page()) : print_entries(entries());
    })->add_flag("--markdown", *markdown, "As the page of docs/ that is made of it");
  };
  add_catalogue("models", "Equation, source and settings of every model", model_catalogue, models_markdown);
  add_catalogue("tasks", "What networks can learn: target, source and settings", task_catalogue, tasks_markdown);
  add("strategies", "How candidates can be proposed", print_strategies);
  const auto prefix = std::make_shared<std::string>();
  auto* settings = add("settings", "Every setting with meaning, range and default",
                       [=] { *markdown ? fmt::print("{}", settings_markdown()) : print_settings(*prefix); });
  auto* page = settings->add_flag("--markdown", *markdown, "All of them, as docs/SETTINGS.md");
  settings->add_option("PREFIX", *prefix, "Only those whose path starts so, as train or model.A")
      ->type_name("")
      ->excludes(page);
  command->footer(
      "Examples:\n  evobrnn list models\n  evobrnn list settings train\n  evobrnn list tasks --markdown > "
      "docs/TASKS.md");
}

}  // namespace evobrnn
