// SPDX-License-Identifier: Apache-2.0
/// Whether a run has room on its disk, asked before it starts.
#pragma once

#include <cstdint>
#include <filesystem>

#include "apps/experiment_file.hpp"

namespace evobrnn {

/// Bytes that a whole run takes at most, about: its ledger, with every trial that it plans, and its weights.
double needed_bytes(const Experiment& experiment, const TaskShape& shape);
/// The same of any experiment: networks learn a task of the data.
double needed_bytes(const Experiment& experiment, DataStore& data);

/// Bytes that a training without a search takes at most, about.
double needed_bytes_of_training(const Experiment& experiment, const TaskShape& shape);

/// Throws UsageError where the disk of the folder (or of the place where it will be) has less room than is needed; what
/// the folder holds already counts.
void check_room(const std::filesystem::path& folder, double needed);

}  // namespace evobrnn
