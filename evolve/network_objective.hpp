// SPDX-License-Identifier: Apache-2.0
/// Networks as the objective of a search, for programs that link both libraries: genes write to the settings of a
/// trial.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>

#include "evolve/search.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The settings with the genome's active genes written into them; as they stand where there is no genome. Throws
/// std::invalid_argument for a gene whose path is no setting of a trial.
inline TrialSettings with_genome(TrialSettings settings, const SearchSpace& space,
                                 const std::optional<Genome>& genome) {
  const auto& genes = space.genes();
  for (std::size_t i = 0; genome && i < genes.size(); ++i) {
    if (!space.active(i, *genome)) continue;
    const auto* row = find_setting(trial_settings_table(), genes[i].path);
    if (!row) throw std::invalid_argument("no setting of a trial has the name of the gene " + genes[i].path);
    row->set(settings, to_value(genome->at(i)));
  }
  return settings;
}

/// Trains the network of each candidate with run_trial(), its settings being `base` but for the genes; final tests
/// score the test set too. `data`: make_data_store(). Give worker threads configure_thread() (core/threads.hpp), and
/// call configure_process_threads() first thing in main.
inline Objective network_objective(TrialSettings base, SearchSpace space, std::shared_ptr<DataStore> data) {
  return [base = std::move(base), space = std::move(space), data = std::move(data)](const Candidate& candidate,
                                                                                    TrialHooks hooks) {
    TrialSpec spec;
    spec.settings = with_genome(base, space, candidate.genome);
    spec.seed = candidate.seed;
    spec.test = candidate.final;
    if (!hooks.data) hooks.data = data;
    return run_trial(spec, hooks);
  };
}

}  // namespace evobrnn
