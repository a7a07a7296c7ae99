// SPDX-License-Identifier: Apache-2.0
#include "core/settings/trial_settings.hpp"

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

}  // namespace

const SettingsTable<TrialSettings>& trial_settings_table() {
  static const TrialTable table = [] {
    TrialTable t;
    add_model_settings(t);
    add_task_settings(t);
    add_train_settings(t);
    add_reader_conditions(t, "model.name", model_catalogue());
    add_reader_conditions(t, "task.name", task_catalogue());
    return t;
  }();
  return table;
}

}  // namespace evobrnn
