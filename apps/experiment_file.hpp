// SPDX-License-Identifier: Apache-2.0
/// A settings file, checked whole: what a run or a single training does. Immutable once loaded.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/trial.hpp"
#include "evolve/command_settings.hpp"
#include "evolve/search.hpp"

namespace evobrnn {

struct Experiment {
  TrialSettings base;                      ///< the settings as they stand, without any gene
  std::optional<CommandSettings> command;  ///< evaluates candidates in place of the training of networks
  SearchSettings search;
  SearchSpace space;          ///< empty where there are no genes
  std::vector<Genome> first;  ///< from search.genomes
  std::string toml;           ///< resolved: every setting that applies, with its value; reads back as this experiment
};

struct ExperimentSource {
  std::filesystem::path file;
  std::optional<Document> document;    ///< read already; in place of the file
  std::vector<std::string> overrides;  ///< "path=value", the last one wins
  std::filesystem::path genomes;       ///< replaces search.genomes where not empty
  bool search = true;                  ///< genes are needed
  bool made_before = false;            ///< a run's own file, to be read: rules between settings are not asked again
  /// More first individuals, behind those of the file; may be empty.
  std::function<std::vector<Genome>(const Experiment& so_far)> more_first;
};

/// Loads the plugins that the document names: they bring settings, so they come before any is read. One that has moved
/// may be given by --plugin. Throws SettingsError.
void load_plugins(const Document& document);

/// Throws SettingsError with every mistake of the file, the overrides and the genomes.
Experiment load_experiment(const ExperimentSource& source);

/// The first individuals that file and caller give. Throws SettingsError.
std::vector<Genome> first_genomes(const ExperimentSource& source, const std::filesystem::path& file,
                                  const Experiment& so_far);

/// Rows of its final table, at most.
std::int64_t final_rows(const Experiment& experiment);

/// Throws UsageError where candidates are evaluated by a command: `what` needs networks.
void require_networks(const Experiment& experiment, const std::string& what);

/// Whether only the program that made the run can evaluate its candidates.
bool has_embedded_objective(const Experiment& experiment);

/// The candidate that a trial of this experiment's ledger trained.
Candidate candidate_of(const Experiment& experiment, const LedgerTrial& trial);

/// What a candidate is trained with.
TrialSpec trial_spec(const Experiment& experiment, const Candidate& candidate);
/// What a trial of the experiment's ledger was trained with. Throws where its genome is none of this search.
TrialSpec trial_spec(const Experiment& experiment, const LedgerTrial& trial);

/// What of the experiment decides a candidate's result, in a few bytes: trials of the same content are the same trial.
std::string content_of(const Experiment& experiment, const Candidate& candidate);

}  // namespace evobrnn
