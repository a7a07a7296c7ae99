// SPDX-License-Identifier: Apache-2.0
/// Settings files with [evaluator], whose candidates a command evaluates.
#pragma once

#include "apps/experiment_file.hpp"

namespace evobrnn {

/// Whether the file has an [evaluator].
bool names_command(const Document& document);

/// As load_experiment(), of a file that names a command.
Experiment load_command_experiment(const ExperimentSource& source, Document document);

/// As content_of().
std::string command_content(const Experiment& experiment, const Candidate& candidate);

/// The command as it would be typed: "python3 train.py".
std::string command_text(const CommandSettings& settings);

/// Its program's file, looked for as a shell does. Throws UsageError where it or the folder is not there: better before
/// the first trial.
std::filesystem::path require_program(const CommandSettings& settings);

/// The files that the command names, as train.py: who changes them has another objective.
std::vector<std::filesystem::path> command_files(const CommandSettings& settings);

}  // namespace evobrnn
