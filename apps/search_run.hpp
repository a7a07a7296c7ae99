// SPDX-License-Identifier: Apache-2.0
/// A search in its run folder: what `run` starts and `resume` continues.
#pragma once

#include <filesystem>

#include "apps/experiment_file.hpp"
#include "view/views.hpp"

namespace evobrnn {

/// Runs or replays the search of an existing run folder, whose lock the caller holds, to its end and prints the result.
/// Returns the exit code. `begun` is called once the ledger is open and the first trial is about to start. Throws
/// StorageError, with how to go on, where the disk or the folder gives way.
int search_in(const std::filesystem::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data,
              ViewKind view, const std::function<void()>& begun = {});

}  // namespace evobrnn
