// SPDX-License-Identifier: Apache-2.0
/// A trial of a run, trained once more: a trial is a pure function, so it gives the same bits.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/experiment_file.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {

/// What is needed to train trials of a finished or running run again.
struct StoredRun {
  std::filesystem::path folder;
  Experiment experiment;
  std::shared_ptr<DataStore> data;
};

/// Loads the settings of RUN and its data, from `data` or else from where the run had them. Throws UsageError,
/// SettingsError, DataError.
StoredRun open_run(const std::filesystem::path& folder, const std::filesystem::path& data);

struct Replay {
  bool stopped = false;                  ///< by a signal
  std::vector<std::string> differences;  ///< "trial 3: score: BEFORE, NOW"; empty: the same bits
  std::string weights;                   ///< as safetensors; empty where the training did not end well
  std::vector<std::string> notes;        ///< what to know of the trial, and of why it may differ
  std::string other_build;               ///< where bits differ: how the build that trained it differs from this one
};

/// Whether a trial ended in a way that its settings and its seed alone decide.
bool ended_by_itself(const TrialResult& result);

/// The weights too are compared where the run folder has the trial's. A trial that did not end by itself is trained in
/// a process of its own.
Replay train_again(const StoredRun& run, const LedgerTrial& trial,
                   const std::function<void(std::int64_t step, std::int64_t steps, double loss)>& progress = {});

}  // namespace evobrnn
