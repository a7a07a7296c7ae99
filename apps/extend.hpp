// SPDX-License-Identifier: Apache-2.0
/// `evobrnn run --extend-from`: what a new run takes from the trials of old ones.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/experiment_file.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {

/// A run that others can be extended from, as it lies in its folder.
struct OldRun {
  std::filesystem::path folder;
  Experiment experiment;
  std::vector<LedgerTrial> trials;
};

/// Reads the folders, which it leaves as they are. Throws UsageError and LedgerError.
std::vector<OldRun> read_old_runs(const std::vector<std::filesystem::path>& folders);

/// The best genomes of all old runs by their scores, none twice, as many as the population has places behind the first
/// individuals that are there. Those outside the new space are left out. Throws UsageError with the genes that the
/// spaces do not share.
std::vector<Genome> best_genomes(const std::vector<OldRun>& runs, const Experiment& experiment);

/// Trials that a new run may take over instead of training them.
struct OldTrials {
  std::vector<LedgerTrial> spare;  ///< those that ended by themselves, with content keys and origins
  std::vector<std::string> notes;  ///< old runs that give none, and why
};

/// For the new run with its provenance and its data. An old run of another build, machine or other data gives no
/// trials: their bits may differ.
OldTrials old_trials(const std::vector<OldRun>& runs, const Experiment& experiment, const std::string& provenance,
                     const DataStore& data);

}  // namespace evobrnn
