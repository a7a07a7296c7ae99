// SPDX-License-Identifier: Apache-2.0
/// Trials on their way to the disk: handed over by many threads, written by one of its own, all that wait at once. So
/// one fsync serves as many trials as end while the last one runs, and no worker waits for it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "evolve/ledger.hpp"

namespace evobrnn {

class StoreQueue {
 public:
  struct Entry {
    const LedgerTrial* trial;
    Ledger::Stored stored;
    std::exception_ptr failure{};
  };
  /// Gets entries in the order in which they were put, and notes the failure of each. Must not throw.
  using Write = std::function<void(std::vector<Entry>&)>;

  explicit StoreQueue(Write write) : write_(std::move(write)) {}
  /// Writes what still waits.
  ~StoreQueue();
  StoreQueue(const StoreQueue&) = delete;
  StoreQueue& operator=(const StoreQueue&) = delete;

  /// Returns at once, but where kMostWaiting wait already.
  void put(Entry entry);
  /// Returns when all that was put is written and told.
  void wait();

  /// A crash repeats the trials that are not on the disk yet: these, and as many that are just being written.
  static constexpr std::size_t kMostWaiting = 128;

 private:
  void write_all();

  const Write write_;
  std::mutex mutex_;                ///< guards what follows
  std::condition_variable change_;  ///< of anything below
  std::vector<Entry> waiting_;
  bool writing_ = false, closing_ = false;
  std::thread writer_;  ///< from the first entry on: a ledger that is only read has none
};

}  // namespace evobrnn
