// SPDX-License-Identifier: Apache-2.0
/// Options that several subcommands share.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/experiment_file.hpp"
#include "view/views.hpp"

namespace evobrnn {

/// FILE, --set PATH=VALUE, --seed: where settings come from.
void add_settings_options(CLI::App& command, ExperimentSource& source);

/// --set PATH=VALUE.
void add_set_option(CLI::App& command, ExperimentSource& source, const std::string& doc);

/// --data DIR.
void add_data_option(CLI::App& command, std::filesystem::path& folder);

struct ViewOptions {
  bool quiet = false, json = false;
  ViewKind kind() const { return json ? ViewKind::json : quiet ? ViewKind::quiet : ViewKind::automatic; }
};

/// The words of a command line that mean these options.
std::vector<std::string> arguments_of(const ViewOptions& view);

/// --quiet, --json.
void add_view_options(CLI::App& command, ViewOptions& view);

/// --plugin FILE, which is loaded when the option is read: before any command looks at settings.
void add_plugin_option(CLI::App& app);

/// --workers N and --memory N, as overrides of run.workers and run.memory.
void add_workers_option(CLI::App& command, ExperimentSource& source);

/// --isolation thread|process, as an override of run.isolation.
void add_isolation_option(CLI::App& command, ExperimentSource& source);

/// What is loaded must be there before a folder is made: opens the store and loads the task, or looks for the command
/// and its files. Throws DataError, UsageError.
std::shared_ptr<DataStore> open_data(const std::filesystem::path& folder, const Experiment& experiment);
std::shared_ptr<DataStore> open_data(const std::filesystem::path& folder, const TaskSettings& task);
/// Of a command that is not to be started: its program may be missing.
std::shared_ptr<DataStore> command_data(const std::filesystem::path& folder, const CommandSettings& command);

}  // namespace evobrnn
