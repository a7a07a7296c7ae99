// SPDX-License-Identifier: Apache-2.0
/// Worker processes for as many trials as run at once. They stay between trials, with the data that they have loaded.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "evolve/worker_process.hpp"

namespace evobrnn {

class WorkerPool {
 public:
  /// `command` starts a worker process.
  explicit WorkerPool(std::vector<std::string> command) : command_(std::move(command)) {}

  /// Trains in a process that is idle, else in a new one. Thread-safe.
  TrialResult run(const std::string& trial, const TrialHooks& hooks, const WorkerProcess::Patience& patience);

 private:
  std::unique_ptr<WorkerProcess> take_idle();

  const std::vector<std::string> command_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<WorkerProcess>> idle_;
};

}  // namespace evobrnn
