// SPDX-License-Identifier: Apache-2.0
#include "evolve/executor.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <latch>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace evobrnn {
namespace {

/// The order in which tasks of these costs start.
std::vector<std::size_t> starts(Executor& executor, const std::vector<double>& costs) {
  std::vector<std::size_t> order;
  std::mutex mutex;
  std::vector<Executor::Task> tasks;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    tasks.push_back({costs[i], [&, i](int) {
                       const std::lock_guard lock(mutex);
                       order.push_back(i);
                     }});
  }
  executor.run(std::move(tasks));
  return order;
}

TEST(Executor, RunsEveryTaskExactlyOnceWithAnyNumberOfWorkers) {
  for (int workers = 1; workers <= 8; ++workers) {
    Executor executor(workers);
    EXPECT_EQ(executor.workers(), workers);
    std::array<std::atomic<int>, 100> runs{};
    std::vector<Executor::Task> tasks;
    for (auto& count : runs) tasks.push_back({1, [&count](int) { ++count; }});
    executor.run(std::move(tasks));
    for (const auto& count : runs) EXPECT_EQ(count, 1) << workers << " workers";
  }
}

/// The most bytes of tasks that ran at one time on four workers.
std::int64_t most_bytes_at_once(std::int64_t memory, const std::vector<std::int64_t>& sizes) {
  Executor executor(4, {}, memory);
  std::mutex mutex;
  std::int64_t now = 0, most = 0;
  std::vector<Executor::Task> tasks;
  for (const auto bytes : sizes) {
    tasks.push_back({1,
                     [&, bytes](int) {
                       {
                         const std::lock_guard lock(mutex);
                         most = std::max(most, now += bytes);
                       }
                       std::this_thread::yield();
                       const std::lock_guard lock(mutex);
                       now -= bytes;
                     },
                     bytes});
  }
  executor.run(std::move(tasks));
  EXPECT_EQ(now, 0);
  return most;
}

TEST(Executor, TasksThatRunTogetherStayWithinItsMemory) {
  EXPECT_LE(most_bytes_at_once(10, std::vector<std::int64_t>(200, 4)), 8);
  EXPECT_LE(most_bytes_at_once(10, {9, 1, 1, 9, 5, 5, 5, 3, 3, 3, 3, 10, 1, 9}), 10);
}

TEST(Executor, ATaskAboveItsMemoryRunsAlone) {
  EXPECT_EQ(most_bytes_at_once(10, {1, 50, 1, 50, 2, 50}), 50);
  Executor executor(4, {}, 10);
  std::vector<Executor::Task> tasks(20, {1, [](int) { std::this_thread::yield(); }, 11});
  executor.run(std::move(tasks));
  EXPECT_EQ(executor.most_at_once(), 1);
}

TEST(Executor, AllWorkersRunWhereMemoryIsNotShort) {
  Executor executor(4, {}, 40);
  std::latch all_started(4);  // no task ends before all have started
  executor.run(std::vector<Executor::Task>(4, {1, [&](int) { all_started.arrive_and_wait(); }, 10}));
  EXPECT_EQ(executor.most_at_once(), 4);
}

TEST(Executor, StartsTheLongestFirstAndTiesInOrder) {
  Executor executor(1);
  EXPECT_EQ(starts(executor, {1, 5, 3, 5, 0, 3}), (std::vector<std::size_t>{1, 3, 2, 5, 0, 4}));
}

TEST(Executor, RunsMoreWorkersThanThereAreCores) {
  const int workers = static_cast<int>(std::thread::hardware_concurrency()) + 6;
  Executor executor(workers);
  // No task ends before all have started: with fewer threads this would never return.
  std::latch all_started(workers);
  std::mutex mutex;
  std::set<int> numbers;
  std::vector<Executor::Task> tasks;
  for (int i = 0; i < workers; ++i) {
    tasks.push_back({1, [&](int worker) {
                       all_started.arrive_and_wait();
                       const std::lock_guard lock(mutex);
                       numbers.insert(worker);
                     }});
  }
  executor.run(std::move(tasks));
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(workers));
  EXPECT_EQ(*numbers.begin(), 0);
  EXPECT_EQ(*numbers.rbegin(), workers - 1);
}

TEST(Executor, CallsTheHookOnEveryThreadBeforeItsFirstTask) {
  static thread_local bool ready = false;
  Executor executor(4, [] { ready = true; });
  std::atomic<int> unready{0};
  std::latch all_started(4);
  std::vector<Executor::Task> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.push_back({1, [&](int) {
                       if (!ready) ++unready;
                       all_started.arrive_and_wait();
                     }});
  }
  executor.run(std::move(tasks));
  EXPECT_EQ(unready, 0);
  EXPECT_FALSE(ready) << "the calling thread only waits";
}

TEST(Executor, CanRunAgainAndWithoutTasks) {
  Executor executor(3);
  executor.run({});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(starts(executor, {1, 2, 3}).size(), 3U);
}

TEST(Executor, NeedsAWorker) { EXPECT_THROW(Executor(0), std::invalid_argument); }

TEST(PhysicalCores, AreAtLeastOneAndNoMoreThanTheProcessors) {
  EXPECT_GE(physical_cores(), 1);
  EXPECT_LE(physical_cores(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(PhysicalCores, AreThoseTheThreadMayUse) {
  std::thread([] {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    std::size_t first = 0;
    while (!CPU_ISSET(first, &mask)) ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof mask, &mask), 0);
    EXPECT_EQ(physical_cores(), 1);
  }).join();
}

}  // namespace
}  // namespace evobrnn
