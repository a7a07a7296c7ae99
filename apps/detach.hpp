// SPDX-License-Identifier: Apache-2.0
/// Runs that go on when the terminal closes: the same program again, in a session of its own.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace evobrnn {

inline constexpr const char* kLogFile = "log.txt";

/// --detach.
void add_detach_option(CLI::App& command, bool& detach);

/// Starts `evobrnn resume RUN ARGUMENTS` without a terminal: a session of its own, SIGHUP ignored, its output appended
/// to RUN/log.txt. Returns once its search has begun, having printed its process and how to follow it, or with its exit
/// code and its last words where it ended before. A new process, because threads of LibTorch and TBB do not survive a
/// fork.
int resume_detached(const std::filesystem::path& run, const std::vector<std::string>& arguments);

/// The hidden option by which the new process is told where to say that it has begun.
void add_announce_option(CLI::App& command, int& descriptor);

/// Says so; nothing where `descriptor` is negative.
void announce_start(int descriptor);

}  // namespace evobrnn
