// SPDX-License-Identifier: Apache-2.0
#include "core/settings/trial_settings.hpp"

#include <stdexcept>

#include "core/settings/rows.hpp"

namespace evobrnn {
namespace {

/// A setting that only some entries of a registry read applies where one of those is chosen.
void add_reader_conditions(TrialTable& table, const std::string& name_path,
                           const std::vector<CatalogueEntry>& entries) {
  for (auto& row : table) {
    std::vector<std::string> readers;
    for (const auto& entry : entries) {
      if (reads(entry, row.setting.path)) readers.push_back(entry.name);
    }
    if (!readers.empty()) row.setting.conditions.insert(row.setting.conditions.begin(), {name_path, readers});
  }
}

/// Rows for the settings that entries brought along. `own` gives the map that holds them.
void add_own_settings(TrialTable& table, const std::string& name_path, const std::vector<CatalogueEntry>& entries,
                      OwnSettings& (*own)(TrialSettings&)) {
  for (const auto& entry : entries) {
    for (auto setting : entry.own) {
      if (find_setting(table, setting.path))
        throw std::invalid_argument("\"" + entry.name + "\" brings a setting that is there already: " + setting.path);
      setting.fallback = *convert(setting, setting.fallback);  // checked when it was registered
      setting.conditions.insert(setting.conditions.begin(), {name_path, {entry.name}});
      const auto path = setting.path;
      const auto fallback = setting.fallback;
      table.push_back({std::move(setting),
                       [=](const TrialSettings& s) {
                         const auto& values = own(const_cast<TrialSettings&>(s));
                         const auto found = values.find(path);
                         return found == values.end() ? fallback : found->second;
                       },
                       [=](TrialSettings& s, const Value& value) { own(s)[path] = value; }});
    }
  }
}

}  // namespace

Value own_setting(const OwnSettings& own, const std::string& path) {
  if (const auto found = own.find(path); found != own.end()) return found->second;
  for (const auto& entries : {model_catalogue(), task_catalogue()}) {
    for (const auto& entry : entries) {
      for (const auto& setting : entry.own) {
        if (setting.path == path) return *convert(setting, setting.fallback);
      }
    }
  }
  throw std::out_of_range("no registered model or task has a setting " + path);
}

const SettingsTable<TrialSettings>& trial_settings_table() {
  static const TrialTable table = [] {
    TrialTable t;
    add_model_settings(t);
    add_task_settings(t);
    add_train_settings(t);
    add_own_settings(t, "model.name", model_catalogue(), [](TrialSettings& s) -> OwnSettings& { return s.model.own; });
    add_own_settings(t, "task.name", task_catalogue(), [](TrialSettings& s) -> OwnSettings& { return s.task.own; });
    close_registries();
    add_reader_conditions(t, "model.name", model_catalogue());
    add_reader_conditions(t, "task.name", task_catalogue());
    return t;
  }();
  return table;
}

}  // namespace evobrnn
