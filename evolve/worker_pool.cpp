// SPDX-License-Identifier: Apache-2.0
#include "evolve/worker_pool.hpp"

#include <stdexcept>
#include <utility>

#include "evolve/shortage.hpp"

namespace evobrnn {

TrialResult WorkerPool::run(const std::string& trial, const TrialHooks& hooks,
                            const WorkerProcess::Patience& patience) {
  auto process = take_idle();
  if (!process) {
    try {
      process = std::make_unique<WorkerProcess>(command_);
    } catch (const Shortage&) {
      throw;
    } catch (const std::runtime_error& error) {
      return ended_as(TrialStatus::lost, error.what());
    }
  }
  auto result = process->run(trial, hooks, patience);
  if (process->alive()) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(process));
  }
  return result;
}

std::unique_ptr<WorkerProcess> WorkerPool::take_idle() {
  const std::lock_guard lock(mutex_);
  while (!idle_.empty()) {
    auto process = std::move(idle_.back());
    idle_.pop_back();
    if (process->alive()) return process;
  }
  return nullptr;
}

}  // namespace evobrnn
