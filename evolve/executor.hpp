// SPDX-License-Identifier: Apache-2.0
/// Runs independent tasks on a fixed number of worker threads (TBB), longest first.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace [[gnu::visibility("default")]] evobrnn {

/// Worker threads that run tasks, and the memory that these may take together.
class Executor {
 public:
  /// Nested, because core/ has a Task of its own in the same namespace.
  struct Task {
    double cost = 0;                       ///< expected length in any unit; the longest start first, ties in order
    std::function<void(int worker)> work;  ///< worker: 0 … workers − 1. Must not throw.
    std::int64_t bytes = 0;                ///< memory that it is expected to take
  };

  /// Any number of workers from 1, more than there are cores too. `on_thread_start` runs on every worker thread before
  /// its first task of a run(), so it must stand being called again on the same thread. The calling thread only waits.
  /// Tasks whose bytes together exceed `memory` do not run at the same time; one alone always may.
  explicit Executor(int workers, std::function<void()> on_thread_start = {},
                    std::int64_t memory = std::numeric_limits<std::int64_t>::max());
  virtual ~Executor();
  /// As given.
  int workers() const;
  /// Bytes, as given.
  std::int64_t memory() const;
  /// The most tasks that ran at one time, so far.
  int most_at_once() const;
  /// Returns when all tasks are done. Several threads may call it at the same time: their tasks share the workers,
  /// those of the first call before those of the next.
  virtual void run(std::vector<Task> tasks);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// `wanted`, or where that is 0 one a physical core.
int worker_count(std::int64_t wanted);

/// Physical cores of this machine that the calling thread may use; at least 1.
int physical_cores();

}  // namespace evobrnn
