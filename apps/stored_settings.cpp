// SPDX-License-Identifier: Apache-2.0
#include "apps/stored_settings.hpp"

#include <algorithm>

#include "apps/run_folder.hpp"
#include "apps/trust.hpp"
#include "evolve/experiment.hpp"
#include "evolve/free_genes.hpp"
#include "evolve/genome_file.hpp"

namespace evobrnn {
namespace {

/// Sets every setting that the table knows, whatever its known values are.
template <class Settings>
void take(const SettingsTable<Settings>& table, const Document& document, Settings& settings) {
  for (const auto& entry : document.entries) {
    const auto* row = find_setting(table, entry.path);
    if (!row) continue;
    if (const auto value = convert(row->setting, entry.value)) row->set(settings, *value);
  }
}

/// What genes may write to: the known settings, and those that only a plugin knows.
std::vector<Setting> searchable(Document& document, std::vector<Diagnostic>& mistakes) {
  auto settings = descriptions(trial_settings_table());
  for (auto& setting : settings) setting.choices.clear();
  for (auto& free : settings_of_genes(document, mistakes)) {
    const bool known = std::any_of(settings.begin(), settings.end(),
                                   [&](const Setting& setting) { return setting.path == free.path; });
    if (!known) settings.push_back(std::move(free));
  }
  return settings;
}

}  // namespace

Experiment read_stored_settings(const Document& stored) {
  auto document = stored;
  Experiment experiment;
  take(search_settings_table(), document, experiment.search);
  take(trial_settings_table(), document, experiment.base);
  for (const auto& plugin : code_of(document).plugins) experiment.search.plugins.push_back(plugin.string());
  std::vector<Diagnostic> mistakes;
  const auto settings = searchable(document, mistakes);
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
  Document genes{document.file, {}};
  for (const auto& entry : document.entries) {
    if (entry.path.starts_with("genes.")) genes.entries.push_back(entry);
  }
  auto file = read_search_file(genes, settings, mistakes);
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
  const auto text_of = [&](const std::string& path) {
    const auto* row = find_setting(trial_settings_table(), path);
    return row ? to_text(row->get(experiment.base)) : std::string();
  };
  std::vector<Diagnostic> of_plugins;  // conditions that only they can judge
  resolve_conditions(file, settings, text_of, of_plugins);
  if (!file.genes.empty()) experiment.space = SearchSpace(file.genes);
  if (!experiment.search.genomes.empty())
    experiment.first = read_genomes(document.file.parent_path() / experiment.search.genomes, experiment.space);
  experiment.toml = read_whole(document.file);
  return experiment;
}

}  // namespace evobrnn
