// SPDX-License-Identifier: Apache-2.0
#include "apps/experiment_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "apps/command_file.hpp"
#include "apps/run_folder.hpp"
#include "core/content_key.hpp"
#include "core/plugin.hpp"
#include "evolve/experiment.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/genome_file.hpp"
#include "evolve/network_objective.hpp"

namespace evobrnn {
namespace {

/// Whether the plugin is not there, and one of its name was loaded from elsewhere by --plugin.
bool moved(const std::filesystem::path& plugin) {
  const auto& known = loaded_plugins();
  return !std::filesystem::exists(plugin) && std::any_of(known.begin(), known.end(), [&](const std::string& loaded) {
    return std::filesystem::path(loaded).filename() == plugin.filename();
  });
}

/// The file with its overrides.
Document document_with_plugins(const ExperimentSource& source) {
  auto document = source.document ? *source.document : read_document(source.file);
  for (const auto& assignment : source.overrides) override_entry(document, assignment);
  load_plugins(document);
  return document;
}

/// Loads one file; collects mistakes on the way.
class Loader {
 public:
  Loader(const ExperimentSource& source, Document document) : source_(source), document_(std::move(document)) {}

  Experiment load() {
    file_ = read_search_file(document_, settings_, mistakes_);
    for (const auto& entry : file_.trial_entries)
      assign(*find_setting(trial_settings_table(), entry.path), experiment_.base, entry, mistakes_);
    experiment_.search = file_.settings;
    experiment_.search.plugins = loaded_plugins();  // whole paths, and those of the command line
    check_that_entries_apply();
    check_rules_between_settings();
    check_finals();
    written_genes_ = file_.genes;
    resolve_conditions(
        file_, settings_, [this](const std::string& path) { return base_value(path); }, mistakes_);
    stop_at_mistakes();
    make_space();
    read_first_genomes();
    stop_at_mistakes();
    experiment_.toml = resolved();
    return std::move(experiment_);
  }

 private:
  void stop_at_mistakes() {
    if (!mistakes_.empty()) throw SettingsError(std::move(mistakes_));
  }

  /// Nothing where the setting is itself not read.
  std::optional<Value> base_value(const std::string& path) const {
    const auto& row = *find_setting(trial_settings_table(), path);
    const bool read =
        conditions_hold(unless_searched(row.setting), [this](const std::string& other) { return base_text(other); });
    return read ? std::optional(row.get(experiment_.base)) : std::nullopt;
  }
  /// Its text, or one that meets no condition.
  std::string base_text(const std::string& path) const {
    const auto value = base_value(path);
    return value ? to_text(*value) : "not read";
  }

  bool is_gene(const std::string& path) const {
    return std::any_of(file_.genes.begin(), file_.genes.end(), [&](const Gene& gene) { return gene.path == path; });
  }

  /// The setting without the conditions that a gene decides.
  Setting unless_searched(Setting setting) const {
    std::erase_if(setting.conditions, [this](const SettingCondition& condition) { return is_gene(condition.path); });
    return setting;
  }

  void check_that_entries_apply() {
    for (const auto& entry : file_.trial_entries) {
      std::string why;
      const auto setting = unless_searched(find_setting(trial_settings_table(), entry.path)->setting);
      if (!conditions_hold(
              setting, [this](const std::string& path) { return base_text(path); }, &why) &&
          convert(setting, entry.value) != setting.neutral) {
        mistakes_.push_back({entry.where, entry.path, to_text(entry.value), why});
      }
    }
  }

  std::string place_of(const std::string& path) const {
    const auto given = std::find_if(file_.trial_entries.rbegin(), file_.trial_entries.rend(),
                                    [&](const Entry& e) { return e.path == path; });
    return given == file_.trial_entries.rend() ? document_.file.string() : given->where;
  }

  /// The rules hold for the settings as they stand, with each gene at its ends or at each of its values, and with the
  /// two that decide the sign of rates at each of theirs together. A run that is there was checked when it was made.
  void check_rules_between_settings() {
    if (source_.made_before) return;
    for (auto mistake : cross_check(experiment_.base)) {
      told_.push_back(mistake.key + mistake.rule);
      mistake.where = place_of(mistake.key);
      mistakes_.push_back(std::move(mistake));
    }
    for (std::size_t i = 0; i < file_.genes.size(); ++i) check_gene(i, experiment_.base);
    const auto searched = [this](const std::string& path) {
      return std::find_if(file_.genes.begin(), file_.genes.end(), [&](const Gene& gene) { return gene.path == path; });
    };
    const auto dale = searched("model.dale"), activation = searched("model.activation");
    if (dale == file_.genes.end() || activation == file_.genes.end()) return;
    for (const auto& value : dale->values) {
      auto settings = experiment_.base;
      set(settings, dale->path, value);
      check_gene(static_cast<std::size_t>(activation - file_.genes.begin()), settings);
    }
  }

  static void set(TrialSettings& settings, const std::string& path, const Scalar& value) {
    find_setting(trial_settings_table(), path)->set(settings, to_value(value));
  }

  /// Each end of a gene, where what it needs of other genes, by the file, is as in the settings or can be made so.
  void check_gene(std::size_t i, const TrialSettings& base) {
    const auto& gene = file_.genes[i];
    for (const auto& value : ends(gene)) {
      auto settings = base;
      if (!meet_conditions(gene, base, settings)) continue;
      set(settings, gene.path, value);
      for (auto mistake : cross_check(settings)) {
        if (std::find(told_.begin(), told_.end(), mistake.key + mistake.rule) != told_.end()) continue;
        told_.push_back(mistake.key + mistake.rule);
        mistakes_.push_back(
            {file_.gene_entries[i].where, "genes." + gene.path, to_text(value), mistake.key + " " + mistake.rule});
      }
    }
  }

  /// Gives the genes that a gene's `when` names a value that lets it apply; false where `base`, which may hold another
  /// gene's value on purpose, has one that does not.
  bool meet_conditions(const Gene& gene, const TrialSettings& base, TrialSettings& settings) const {
    for (const auto& condition : gene.conditions) {
      const auto other =
          std::find_if(file_.genes.begin(), file_.genes.end(), [&](const Gene& g) { return g.path == condition.path; });
      if (other == file_.genes.end()) continue;
      std::vector<Scalar> values;
      for (const auto& value : condition.values) {
        if (const auto meant = condition_value(*other, value)) values.push_back(*meant);
      }
      const auto* row = find_setting(trial_settings_table(), condition.path);
      const auto now = row->get(base), usual = row->get(experiment_.base);
      const auto allows = [&](const Value& held) {
        return std::any_of(values.begin(), values.end(),
                           [&](const Scalar& value) { return same_value(value, to_scalar(held)); });
      };
      if (values.empty() || allows(now)) continue;
      if (now != usual) return false;
      row->set(settings, to_value(values.front()));
    }
    return true;
  }

  static std::vector<Scalar> ends(const Gene& gene) {
    if (gene.kind == GeneKind::categorical) return gene.values;
    if (gene.kind == GeneKind::real) return {gene.low, gene.high};
    return {static_cast<std::int64_t>(gene.low), static_cast<std::int64_t>(gene.high)};
  }

  void check_finals() {
    const auto& search = experiment_.search;
    if (search.finals.flops > 0 && search.final_samples == 0 && experiment_.base.train.samples == 0)
      mistakes_.push_back({document_.file.string(), "final.flops", fmt::format("{:g}", search.finals.flops),
                           "needs train.samples or final.samples, of which it makes a multiple"});
    if (search.finals.trained.empty()) return;
    auto settings = experiment_.base;
    settings.model.trained = search.finals.trained;
    for (auto& mistake : cross_check(settings))
      mistakes_.push_back(
          {document_.file.string(), "final.trained",
           to_text(Value(std::vector<Scalar>(search.finals.trained.begin(), search.finals.trained.end()))),
           "as " + mistake.key + ": " + mistake.rule});
  }

  void make_space() {
    if (file_.genes.empty()) {
      if (source_.search && experiment_.search.strategy != "restarts")
        mistakes_.push_back({document_.file.string(), "genes", "",
                             "a search needs at least one gene, as [genes] model.dt = { low = 0.05, high = 0.9 }"});
      return stop_at_mistakes();
    }
    try {
      experiment_.space = SearchSpace(file_.genes);
    } catch (const std::invalid_argument& error) {
      throw SettingsError({{document_.file.string(), "genes", "", error.what()}});
    }
  }

  void read_first_genomes() {
    if (!source_.search) return;
    experiment_.first = first_genomes(source_, document_.file, experiment_);
    if (experiment_.search.defaults_first) put_defaults_first();
    if (experiment_.first.empty() && experiment_.search.strategy == "list")
      mistakes_.push_back({document_.file.string(), "search.genomes", "",
                           "the strategy list needs the genomes: set it, or give --genomes FILE"});
    experiment_.search.genomes = experiment_.first.empty() ? "" : kGenomesFile;
  }

  /// Where a stored run is loaded again they are among its first individuals already.
  void put_defaults_first() {
    Genome defaults;
    for (std::size_t i = 0; i < file_.genes.size(); ++i) {
      const auto& gene = file_.genes[i];
      const auto value = to_scalar(find_setting(trial_settings_table(), gene.path)->get(experiment_.base));
      if (!within(gene, value))
        mistakes_.push_back({file_.gene_entries[i].where, "genes." + gene.path, to_text(value),
                             "the setting itself must lie within its gene's range, for search.defaults_first = true"});
      defaults.push_back(value);
    }
    if (defaults.empty() || !mistakes_.empty()) return;
    defaults = experiment_.space.canonical(std::move(defaults));
    auto& first = experiment_.first;
    if (std::find(first.begin(), first.end(), defaults) == first.end())
      first.insert(first.begin(), std::move(defaults));
  }

  static bool within(const Gene& gene, const Scalar& value) {
    if (gene.kind == GeneKind::categorical)
      return std::find(gene.values.begin(), gene.values.end(), value) != gene.values.end();
    return to_number(value) >= gene.low && to_number(value) <= gene.high;
  }

  std::string resolved() const {
    std::vector<std::pair<Setting, Value>> rows;
    for (const auto& row : search_settings_table()) rows.emplace_back(row.setting, row.get(experiment_.search));
    for (const auto& row : trial_settings_table())
      rows.emplace_back(unless_searched(row.setting), row.get(experiment_.base));
    return write_toml(rows) + genes_toml(written_genes_);
  }

  const ExperimentSource& source_;
  const Document document_;
  const std::vector<Setting> settings_ = descriptions(trial_settings_table());
  std::vector<Diagnostic> mistakes_;
  std::vector<std::string> told_;  ///< rules between settings that were told
  SearchFile file_;
  std::vector<Gene> written_genes_;
  Experiment experiment_;
};

}  // namespace

void load_plugins(const Document& document) {
  const auto* entry = find_entry(document, "plugins");
  const auto* files = entry ? std::get_if<std::vector<Scalar>>(&entry->value) : nullptr;
  if (!files) return;  // where it is no list, the check of all settings says so
  for (const auto& file : *files) {
    if (const auto* text = std::get_if<std::string>(&file)) {
      if (moved(document.file.parent_path() / *text)) continue;
      try {
        load_plugin(document.file.parent_path() / *text);
      } catch (const PluginError& error) {
        throw SettingsError({{entry->where, "plugins", *text, error.what()}});
      }
    }
  }
}

Experiment load_experiment(const ExperimentSource& source) {
  auto document = document_with_plugins(source);
  return names_command(document) ? load_command_experiment(source, std::move(document))
                                 : Loader(source, std::move(document)).load();
}

std::vector<Genome> first_genomes(const ExperimentSource& source, const std::filesystem::path& file,
                                  const Experiment& so_far) {
  auto experiment = so_far;
  auto genomes = source.genomes;
  if (genomes.empty() && !experiment.search.genomes.empty()) genomes = file.parent_path() / experiment.search.genomes;
  if (!genomes.empty()) experiment.first = read_genomes(genomes, experiment.space);
  if (source.more_first) {
    const auto more = source.more_first(experiment);
    experiment.first.insert(experiment.first.end(), more.begin(), more.end());
  }
  return experiment.first;
}

std::int64_t final_rows(const Experiment& experiment) {
  return final_rows(experiment.search, !experiment.command || experiment.command->defaults);
}

void require_networks(const Experiment& experiment, const std::string& what) {
  if (experiment.command)
    throw UsageError(what + " needs networks, and here candidates are evaluated by a command (evaluator.command)");
}

bool has_embedded_objective(const Experiment& experiment) { return experiment.command && experiment.command->embedded; }

Candidate candidate_of(const Experiment& experiment, const LedgerTrial& trial) {
  Candidate candidate{std::nullopt, trial.key, trial.seed, trial.generation == kFinalTests,
                      trained_gentler(trial.result)};
  if (trial.key.role != "default") candidate.genome = experiment.space.parse(trial.key.genome);
  return candidate;
}

namespace {

/// A share of the full effort, at least one sample.
std::int64_t samples_of(std::int64_t full, double share) {
  return std::max<std::int64_t>(1, std::llround(share * static_cast<double>(full)));
}

/// What failures.… = "gentler" means.
void make_gentler(TrainSettings& train) {
  train.lr /= 2;
  train.clip = train.clip > 0 ? train.clip / 2 : 1;
}

}  // namespace

TrialSpec trial_spec(const Experiment& experiment, const Candidate& candidate) {
  TrialSpec spec{with_genome(experiment.base, experiment.space, candidate.genome), candidate.seed, candidate.final};
  if (candidate.gentler) make_gentler(spec.settings.train);
  auto& train = spec.settings.train;
  if (!candidate.final) return spec;
  const auto& search = experiment.search;
  if (search.final_samples > 0) train.samples = search.final_samples;
  if (candidate.key.fidelity != 1) train.samples = samples_of(train.samples, candidate.key.fidelity);
  if (search.finals.finer_steps && has_time_step(spec.settings.model))
    spec.finer_steps.assign(kFinerSteps.begin(), kFinerSteps.end());
  if (!search.finals.trained.empty()) spec.settings.model.trained = search.finals.trained;
  return spec;
}

TrialSpec trial_spec(const Experiment& experiment, const LedgerTrial& trial) {
  return trial_spec(experiment, candidate_of(experiment, trial));
}

std::string content_of(const Experiment& experiment, const Candidate& candidate) {
  return experiment.command ? command_content(experiment, candidate) : content_key(trial_spec(experiment, candidate));
}

}  // namespace evobrnn
