// SPDX-License-Identifier: Apache-2.0
/// What program and worker process say to each other over a socket. A message is a line "KIND BYTES" and so many bytes.
///
/// To the worker: `trial` (the caller's text of one trial), `stop` (end the trial under way as cancelled).
/// From it: `other_files` (in words: its data are not the program's), `started` (its data are there), `progress` (JSON:
/// [step, steps, train_loss]), `weights` (a safetensors file), and at last `result` (JSON of a TrialResult).
#pragma once

#include <optional>
#include <string>

namespace evobrnn {

struct Message {
  std::string kind;  ///< one word
  std::string body;
};

/// One end. Sending and receiving may happen in two threads.
class MessageStream {
 public:
  /// Takes over the socket.
  explicit MessageStream(int socket) : socket_(socket) {}
  ~MessageStream();
  MessageStream(const MessageStream&) = delete;
  MessageStream& operator=(const MessageStream&) = delete;

  /// False where the other end is gone.
  bool send(const Message& message) const;
  /// The next message, or nothing where none is whole after this time (-1: any time) or where no more will come. Throws
  /// std::invalid_argument for what is no message.
  std::optional<Message> receive(int milliseconds);
  /// No more will come: the other end is gone.
  bool closed() const { return closed_; }

 private:
  std::optional<Message> take();

  const int socket_;
  bool closed_ = false;
  std::string received_;  ///< and not yet taken
};

}  // namespace evobrnn
