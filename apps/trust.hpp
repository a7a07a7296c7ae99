// SPDX-License-Identifier: Apache-2.0
/// A run folder is a program: its settings may name shared libraries and a command. They are run where this user has
/// made the run or trusts it, which the user's state folder keeps.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

/// What the settings of a folder would have a process run.
struct RunCode {
  std::vector<std::filesystem::path> plugins;  ///< whole paths
  std::vector<std::string> command;
  std::filesystem::path folder;  ///< where the command is started

  bool empty() const { return plugins.empty() && command.empty(); }
};

/// Of an experiment or a comparison.
RunCode code_of(const Document& document);

/// Whether it is loaded; by --plugin also from where it has moved to.
bool is_loaded_plugin(const std::filesystem::path& plugin);
/// Those that the document names and that are not loaded.
std::vector<std::filesystem::path> missing_plugins(const Document& document);

/// Its lines for a reader: each library with its SHA-256, the command with its folder.
std::vector<std::string> lines_of(const RunCode& code);

/// Whether the settings file is that of a run or comparison that somebody made: its ledger or provenance lies beside
/// it.
bool lies_in_run(const std::filesystem::path& settings_file);

/// Throws UsageError, with what would be run and how to allow it, where the settings of the folder name code and this
/// user has neither made the run nor trusts it. What --plugin has loaded needs no trust.
void require_trust(const std::filesystem::path& folder, const Document& document);

/// A run that this user starts is trusted. Where that cannot be kept, a warning says so: the run is not held up.
void trust_own_run(const std::filesystem::path& folder);

/// --trust, for the whole program.
void add_trust_option(CLI::App& app);
/// Whether it was given.
bool trust_given();

}  // namespace evobrnn
