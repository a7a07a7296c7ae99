// SPDX-License-Identifier: Apache-2.0
/// The subcommands: each adds itself to the command line and, when it was chosen, leaves its exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>

namespace evobrnn {

void add_run(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);
void add_examine(CLI::App& app, int& exit_code);
void add_predict(CLI::App& app, int& exit_code);
void add_resume(CLI::App& app, int& exit_code);
void add_train(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_data(CLI::App& app, int& exit_code);
void add_diff(CLI::App& app, int& exit_code);
void add_worker(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_replay(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_trust(CLI::App& app, int& exit_code);
void add_conformance(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_manual(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);

/// How this program was called, for provenance.
inline std::string command_line;
inline const std::chrono::steady_clock::time_point program_started = std::chrono::steady_clock::now();

}  // namespace evobrnn
