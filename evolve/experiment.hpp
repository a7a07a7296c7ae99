// SPDX-License-Identifier: Apache-2.0
/// The parts of a settings file that belong to the search. What belongs to a trial stays with its owner, who passes the
/// descriptions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evolve/search_settings.hpp"
#include "evolve/search_space.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// What a settings file says of the search.
struct SearchFile {
  SearchSettings settings;           ///< with defaults where the file says nothing
  std::vector<Gene> genes;           ///< empty where the file has no [genes]
  std::vector<Entry> gene_entries;   ///< where each gene stands, as an entry named after its path
  std::vector<Entry> trial_entries;  ///< the entries that name a trial's setting, still to be assigned
};

/// Sorts a document into search settings, genes and a trial's entries. `trial_settings` are what genes may write to.
/// Appends every mistake: unknown sections and keys with the nearest known name, wrong types, ranges, settings that do
/// not apply, genes outside their setting's range, and strategies that cannot work with their population.
SearchFile read_search_file(const Document& document, const std::vector<Setting>& trial_settings,
                            std::vector<Diagnostic>& diagnostics);

/// The rules of single settings that values break which no file gave, as diagnostics without a place.
template <class Settings>
std::vector<Diagnostic> broken_rules(const SettingsTable<Settings>& table, const Settings& settings) {
  std::vector<Diagnostic> mistakes;
  for (const auto& row : table) {
    const auto value = row.get(settings);
    if (const auto broken = broken_rule(row.setting, value))
      mistakes.push_back({"", row.setting.path, to_text(value), *broken});
  }
  return mistakes;
}

/// Whether the strategy can work with these numbers; tells `wrong` of every setting that it cannot work with.
void check_strategy(const SearchSettings& settings, const std::vector<Gene>& genes,
                    const std::function<void(const std::string& path, const std::string& rule)>& wrong);

/// The value of a fixed setting; nothing where it is itself not read.
using SettingValue = std::function<std::optional<Value>(const std::string& path)>;

/// Gives each gene the conditions of the setting that it writes to. Those on other genes stay; those on fixed settings
/// are checked here and are a mistake where they do not hold. So are values that the other gene never has.
void resolve_conditions(SearchFile& file, const std::vector<Setting>& trial_settings, const SettingValue& value_of,
                        std::vector<Diagnostic>& diagnostics);

}  // namespace evobrnn
