// SPDX-License-Identifier: Apache-2.0
/// What a user should know of and no result holds: that a run waits for something, that a copy is read.
#pragma once

#include <functional>
#include <string>

namespace [[gnu::visibility("default")]] evobrnn {

/// Receives notices, from any thread, one at a time. Must not throw.
using NoticeSink = std::function<void(const std::string& line)>;

/// Hands a line to whoever receives notices in this process; to nobody where none does.
void notice(const std::string& line);

/// Receives the notices of this process while it lives; then the one before does again.
class NoticeReceiver {
 public:
  explicit NoticeReceiver(NoticeSink sink);
  ~NoticeReceiver();
  NoticeReceiver(const NoticeReceiver&) = delete;
  NoticeReceiver& operator=(const NoticeReceiver&) = delete;

 private:
  NoticeSink before_;
};

}  // namespace evobrnn
