// SPDX-License-Identifier: Apache-2.0
#include "evolve/executor.hpp"

#include <sched.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace evobrnn {
namespace {

/// What the worker loops of one run() share. Owned by the loops together: the last of them may still be leaving when
/// run() returns.
struct Run {
  Run(std::vector<Executor::Task> all, int workers) : tasks(std::move(all)), loops_left(workers) {}

  std::vector<Executor::Task> tasks;
  std::atomic<std::size_t> next{0};
  std::latch loops_left;
};

/// Lets tasks begin while their memory fits.
class MemoryGate {
 public:
  explicit MemoryGate(std::int64_t limit) : limit_(limit) {}

  void enter(std::int64_t bytes) {
    std::unique_lock lock(mutex_);
    // Written so that it cannot overflow: used_ ≤ limit_ unless one task alone is above it.
    left_.wait(lock, [&] { return inside_ == 0 || (used_ <= limit_ && bytes <= limit_ - used_); });
    used_ += bytes;
    most_ = std::max(most_, ++inside_);
  }

  void leave(std::int64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      used_ -= bytes;
      --inside_;
    }
    left_.notify_all();
  }

  std::int64_t limit() const { return limit_; }
  int most() const {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  const std::int64_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::int64_t used_ = 0;
  int inside_ = 0, most_ = 0;
};

#if defined(__SANITIZE_THREAD__)
int between_threads = 0;
void hand_over() { __tsan_release(&between_threads); }
void take_over() { __tsan_acquire(&between_threads); }
#else
void hand_over() {}
void take_over() {}
#endif

/// What one worker runs. TBB copies it when it is enqueued and calls the copy on another thread; the synchronisation in
/// between is told to ThreadSanitizer, which cannot see inside of a library that was compiled without it.
template <class Work>
class Enqueued {
 public:
  explicit Enqueued(Work work) : work_(std::move(work)) {}
  Enqueued(const Enqueued& other) : work_(other.work_) { hand_over(); }
  Enqueued& operator=(const Enqueued&) = delete;
  void operator()() const {
    take_over();
    work_();
  }

 private:
  const Work work_;
};

/// The numbers of the processors in the calling thread's affinity mask.
std::vector<int> allowed_processors() {
  // The kernel refuses a mask smaller than its own, so the mask grows until it fits.
  for (int size = 1024; size <= 1 << 20; size *= 2) {
    cpu_set_t* mask = CPU_ALLOC(size);
    if (!mask) break;
    const auto bytes = CPU_ALLOC_SIZE(size);
    CPU_ZERO_S(bytes, mask);
    std::vector<int> processors;
    const bool ok = sched_getaffinity(0, bytes, mask) == 0;
    const bool too_small = !ok && errno == EINVAL;
    for (int i = 0; ok && i < size; ++i) {
      if (CPU_ISSET_S(static_cast<std::size_t>(i), bytes, mask)) processors.push_back(i);
    }
    CPU_FREE(mask);
    if (!too_small) return processors;
  }
  return {};
}

}  // namespace

struct Executor::Implementation {
  Implementation(int count, std::function<void()> on_start, std::int64_t memory)
      : workers(count),
        on_thread_start(std::move(on_start)),
        gate(memory),
        // TBB counts the waiting caller in, and without this it starts no more threads than there are cores. The lowest
        // limit of a process counts, so a small executor leaves room for others.
        limit(tbb::global_control::max_allowed_parallelism,
              static_cast<std::size_t>(std::max(count + 1, tbb::info::default_concurrency()))),
        arena(count, /*reserved_for_masters=*/0) {}

  void work(Run& run) {
    if (on_thread_start) on_thread_start();
    const int worker =
        tbb::this_task_arena::current_thread_index();  // its own among all that run now, of other run() too
    for (auto i = run.next++; i < run.tasks.size(); i = run.next++) {
      const auto& task = run.tasks[i];
      gate.enter(task.bytes);
      task.work(worker);
      gate.leave(task.bytes);
    }
    run.loops_left.count_down();
  }

  int workers;
  std::function<void()> on_thread_start;
  MemoryGate gate;
  tbb::global_control limit;
  tbb::task_arena arena;
};

Executor::Executor(int workers, std::function<void()> on_thread_start, std::int64_t memory) {
  if (workers < 1) throw std::invalid_argument("an executor needs at least one worker");
  implementation_ = std::make_unique<Implementation>(workers, std::move(on_thread_start), memory);
}

Executor::~Executor() = default;

int Executor::workers() const { return implementation_->workers; }
std::int64_t Executor::memory() const { return implementation_->gate.limit(); }
int Executor::most_at_once() const { return implementation_->gate.most(); }

void Executor::run(std::vector<Task> tasks) {
  std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.cost > b.cost; });
  const auto run = std::make_shared<Run>(std::move(tasks), workers());
  // One loop a worker that pulls the next task, instead of one TBB task each: only so is the order of starts ours.
  for (int worker = 0; worker < workers(); ++worker) {
    implementation_->arena.enqueue(
        Enqueued([implementation = implementation_.get(), run] { implementation->work(*run); }));
  }
  run->loops_left.wait();
}

int worker_count(std::int64_t wanted) { return wanted > 0 ? static_cast<int>(wanted) : physical_cores(); }

int physical_cores() {
  const auto processors = allowed_processors();
  std::set<std::string> cores;
  for (const int processor : processors) {
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(processor) + "/topology/thread_siblings_list");
    std::string siblings;  // hardware threads of one core share this list
    if (!std::getline(file, siblings)) siblings = "cpu" + std::to_string(processor);
    cores.insert(siblings);
  }
  return std::max(1, static_cast<int>(cores.size()));
}

}  // namespace evobrnn
