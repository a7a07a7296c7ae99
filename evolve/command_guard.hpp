// SPDX-License-Identifier: Apache-2.0
/// The process that stands between the program and a command, so that nothing the command starts outlives it.
///
/// Whatever a command's children do (leave its group, its session, their parent), the kernel hands them to the guard,
/// and the guard ends only when it has none left. It is told when the thread that started it ends, so the same holds
/// where the program is killed.
#pragma once

#include <sys/types.h>

namespace evobrnn {

/// All that the guard needs; made before the fork, for nothing can be allocated after it. File numbers are above 3.
struct CommandLaunch {
  const char* folder;        ///< where the command works
  char* const* arguments;    ///< its name or path, what follows it, null
  char* const* environment;  ///< NAME=value, null
  int input, output, error;  ///< its standard streams
  int report;                ///< where a GuardReport is written to
};

/// What the guard tells at last, once nothing of the command is left.
struct GuardReport {
  int start_error;     ///< errno where the command could not be started; else 0
  bool folder_failed;  ///< … because of its folder
  int status;          ///< of the command, as waitpid() gives it
  double cpu_seconds;  ///< of the command and its children
};

/// SIGTERM to the guard is passed on to the command's group; this one kills the command and all that it started.
inline constexpr int kKillAll = 1;  // SIGHUP

/// Starts guard and command. Returns the guard's process, or -1 and errno.
pid_t start_guard(const CommandLaunch& launch);

}  // namespace evobrnn
