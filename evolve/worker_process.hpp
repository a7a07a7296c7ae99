// SPDX-License-Identifier: Apache-2.0
/// A process that trains trials one after the other, so that whatever a trial does to it stays in it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/trial.hpp"
#include "evolve/message_stream.hpp"

namespace evobrnn {

/// Exit codes of a worker process that could not begin: for want of memory, threads or files; because its libraries
/// could not be loaded (ld.so).
inline constexpr int kExitShortage = 75, kExitLoader = 127;

/// A process that the program started, with a MessageStream at its standard input. It ends when that closes, which the
/// kernel does where the program itself ends, in whatever way.
class WorkerProcess {
 public:
  /// `command`: a program's path and its arguments. Throws Shortage where the machine has no more of
  /// what it needs, std::runtime_error where it cannot be started at all.
  explicit WorkerProcess(const std::vector<std::string>& command) : WorkerProcess(start(command)) {}
  ~WorkerProcess();  ///< kills it
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  bool alive();

  /// How long it may take.
  struct Patience {
    double time_limit = 0;     ///< s from `started` on, after which the worker itself should end the trial; 0: any time
    double grace_seconds = 0;  ///< s beyond that, and after it was told to stop, until it is killed
  };

  /// Has one trial trained; calls hooks as run_trial() would. Throws ProcessEnded where the process died or left
  /// without a result, Shortage where the machine did not let it begin, StorageError where it has read other
  /// files than the program. A result of out_of_memory, or, where it had to
  /// be killed, timeout or cancelled, also says what became of the process. It is dead then.
  TrialResult run(const std::string& trial, const TrialHooks& hooks, const Patience& patience);

 private:
  struct Started {
    pid_t process = 0;
    int socket = -1;
  };
  static Started start(const std::vector<std::string>& command);
  explicit WorkerProcess(const Started& started) : process_(started.process), stream_(started.socket) {}
  TrialResult killed(TrialStatus status, const std::string& cause);
  void kill_and_wait();

  const pid_t process_;
  MessageStream stream_;
  bool waited_for_ = false;
  int exit_status_ = 0;
};

}  // namespace evobrnn
