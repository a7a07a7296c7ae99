// SPDX-License-Identifier: Apache-2.0
#include "evolve/message_stream.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>

namespace evobrnn {
namespace {

constexpr std::size_t kLongestHeader = 64;
constexpr std::size_t kLongestBody = std::size_t{1} << 31;

}  // namespace

MessageStream::~MessageStream() { ::close(socket_); }

bool MessageStream::send(const Message& message) const {
  const auto bytes = message.kind + " " + std::to_string(message.body.size()) + "\n" + message.body;
  for (std::size_t sent = 0; sent < bytes.size();) {
    // Without MSG_NOSIGNAL the death of the other end would be ours.
    const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<Message> MessageStream::receive(int milliseconds) {
  std::array<char, 65536> buffer;
  for (;;) {
    if (auto message = take()) return message;
    if (closed_) return std::nullopt;
    pollfd waiting{socket_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, milliseconds);
    if (ready == 0 || (ready < 0 && errno == EINTR)) return std::nullopt;
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) closed_ = true;
    else received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::optional<Message> MessageStream::take() {
  const auto end = received_.find('\n'), space = received_.find(' ');
  const auto wrong = [this] { return std::invalid_argument("no message: " + received_.substr(0, kLongestHeader)); };
  if (end == std::string::npos && received_.size() > kLongestHeader) throw wrong();
  if (end == std::string::npos) return std::nullopt;
  std::size_t bytes = 0;
  const auto* last = received_.data() + end;
  if (space >= end) throw wrong();
  const auto read = std::from_chars(received_.data() + space + 1, last, bytes);
  if (read.ec != std::errc() || read.ptr != last || bytes > kLongestBody) throw wrong();
  if (received_.size() - end - 1 < bytes) return std::nullopt;
  Message message{received_.substr(0, space), received_.substr(end + 1, bytes)};
  received_.erase(0, end + 1 + bytes);
  return message;
}

}  // namespace evobrnn
