// SPDX-License-Identifier: Apache-2.0
#include "evolve/notice.hpp"

#include <mutex>
#include <utility>

namespace evobrnn {
namespace {

struct Receiver {
  std::mutex mutex;
  NoticeSink sink;
};

Receiver& receiver() {
  static Receiver one;
  return one;
}

}  // namespace

void notice(const std::string& line) {
  const std::lock_guard lock(receiver().mutex);
  if (receiver().sink) receiver().sink(line);
}

NoticeReceiver::NoticeReceiver(NoticeSink sink) {
  const std::lock_guard lock(receiver().mutex);
  before_ = std::exchange(receiver().sink, std::move(sink));
}

NoticeReceiver::~NoticeReceiver() {
  const std::lock_guard lock(receiver().mutex);
  receiver().sink = std::move(before_);
}

}  // namespace evobrnn
