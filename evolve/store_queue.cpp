// SPDX-License-Identifier: Apache-2.0
#include "evolve/store_queue.hpp"

#include <utility>

namespace evobrnn {

StoreQueue::~StoreQueue() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  change_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void StoreQueue::put(Entry entry) {
  {
    std::unique_lock lock(mutex_);
    if (!writer_.joinable()) writer_ = std::thread([this] { write_all(); });
    change_.wait(lock, [this] { return waiting_.size() < kMostWaiting; });
    waiting_.push_back(std::move(entry));
  }
  change_.notify_all();
}

void StoreQueue::wait() {
  std::unique_lock lock(mutex_);
  change_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

void StoreQueue::write_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    change_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto batch = std::exchange(waiting_, {});
    writing_ = true;
    lock.unlock();
    change_.notify_all();  // there is room again
    write_(batch);
    for (auto& entry : batch) entry.stored(entry.failure);
    lock.lock();
    writing_ = false;
    change_.notify_all();
  }
}

}  // namespace evobrnn
