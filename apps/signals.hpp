// SPDX-License-Identifier: Apache-2.0
/// SIGINT (Ctrl-C) and SIGTERM: the first asks for a clean end, the second ends at once; the same one again
/// within a second is one.
#pragma once

#include <atomic>

#include "core/trial.hpp"

namespace evobrnn {

/// kExitLimit: a run's limit was reached. Stopped by a signal: see stop_exit_code().
inline constexpr int kExitOk = 0, kExitFailure = 1, kExitUsage = 2, kExitLimit = 3;

/// What every command that can be stopped says of it in its --help.
inline constexpr const char* kSignalsHelp =
    "Ctrl-C (SIGINT) or SIGTERM ends it cleanly: what ends within run.grace_seconds by its pace is finished, the rest\n"
    "is saved as a checkpoint and goes on from there when resumed. Another signal ends it at once, the same one after "
    "a\n"
    "second.\n"
    "Exit code: 0 done; 1 failed; 2 wrong settings, data or folder; 130 stopped by SIGINT, 143 by SIGTERM.\n\n";

/// Becomes true with the first SIGINT or SIGTERM. The handlers are installed by the first call, but for
/// signals that whoever started the program had set to be ignored.
const std::atomic<bool>& stop_requested();

/// 128 + the signal's number, as shells say it. Only after stop_requested().
int stop_exit_code();

/// Waits; returns before its time when a stop is requested.
void wait_seconds(double seconds);

/// After a stop was requested the trial goes on for as long as it will, by its pace, have ended within `grace_seconds`
/// of the request. Where something else than a signal says stop it stops at once.
void let_finish_within(double grace_seconds, TrialHooks& hooks);

}  // namespace evobrnn
