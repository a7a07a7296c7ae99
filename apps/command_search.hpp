// SPDX-License-Identifier: Apache-2.0
/// A search in its run folder whose candidates a command evaluates: the counterpart of NetworkSearch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "apps/experiment_file.hpp"
#include "apps/input_files.hpp"
#include "evolve/executor.hpp"
#include "evolve/search.hpp"

namespace evobrnn {

/// The caller holds the folder's lock. The settings must outlive it.
class CommandSearch {
 public:
  /// `data`: holds the files that the command names.
  CommandSearch(std::filesystem::path folder, const Experiment& experiment, std::shared_ptr<DataStore> data);

  /// Runs or replays it. `begun` is called once the ledger is open and the first trial is about to start. Throws
  /// StorageError, and RunAborted with how to go on.
  SearchOutcome run(SearchObserver& view, const std::function<void()>& begun = {});

  int workers() const { return executor_.workers(); }

 private:
  const std::filesystem::path folder_;
  const Experiment& experiment_;
  InputFiles inputs_;
  Executor executor_;
};

/// The objective of an experiment's command, whose trials have their folders under `scratch`. After a stop was
/// requested a trial goes on as long as its progress lets expect that it ends within run.grace_seconds.
Objective command_of(const Experiment& experiment, const std::filesystem::path& scratch);

}  // namespace evobrnn
