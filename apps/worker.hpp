// SPDX-License-Identifier: Apache-2.0
/// The worker process of isolation = "process": how it is started, and what it is sent.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

/// Starts this very program as a worker.
std::vector<std::string> worker_command(const std::filesystem::path& data_folder);

/// One trial as text, with which of the hooks want to be called, and how often that of checkpoints. `files`: of
/// InputFiles::json(), with which the process compares what it reads; empty: it does not.
std::string worker_request(const TrialSpec& spec, const TrialHooks& hooks, double checkpoint_seconds,
                           const std::string& files = "");

}  // namespace evobrnn
