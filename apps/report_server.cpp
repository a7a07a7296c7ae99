// SPDX-License-Identifier: Apache-2.0
// The HTTP of three pages, and no more of it. The packaged library was in its place: it bounds neither the number of
// headers nor the time of a request, and each page that follows a run held one of its threads.
#include "apps/report_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "evolve/run_lock.hpp"

namespace evobrnn {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostConnections = 512, kMostHeaders = 64, kMostRequestBytes = 16'384, kMostWaitingEvents = 4096;
constexpr seconds kRequestTime(10), kAnswerTime(60), kEndTime(2), kLook(1);
constexpr int kTickMilliseconds = 200;

struct Request {
  std::string method, target, host, origin;
  std::size_t hosts = 0;
  bool body = false;
};

bool same_letters(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Of the head of a request, up to its empty line. Nothing where it is no HTTP; with too many headers `too_many`.
std::optional<Request> parse(std::string_view head, bool& too_many) {
  Request request;
  std::size_t count = 0;
  for (std::size_t line_number = 0; !head.empty(); ++line_number) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    if (line_number == 0) {
      const auto first = line.find(' '), last = line.rfind(' ');
      if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1."))
        return std::nullopt;
      request.method = line.substr(0, first);
      request.target = line.substr(first + 1, last - first - 1);
      continue;
    }
    if (line.empty()) continue;
    too_many = ++count > kMostHeaders;
    if (too_many) return std::nullopt;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (same_letters(name, "host")) {
      request.host = value;
      ++request.hosts;
    }
    if (same_letters(name, "origin")) request.origin = value;
    if (same_letters(name, "transfer-encoding") || (same_letters(name, "content-length") && value != "0"))
      request.body = true;
  }
  return request;
}

/// Whether the name is one of ours: that of another, which its owner has pointed at this machine, is not.
bool is_ours(const std::string& authority, int port) {
  for (const std::string name : {"127.0.0.1", "localhost"}) {
    if (same_letters(authority, fmt::format("{}:{}", name, port))) return true;
    if (constexpr int kHttp = 80; port == kHttp && same_letters(authority, name)) return true;
  }
  return false;
}

bool is_our_origin(const std::string& origin, int port) {
  constexpr std::string_view kScheme = "http://";
  return origin.empty() || (origin.starts_with(kScheme) && is_ours(origin.substr(kScheme.size()), port));
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

/// `length` below 0: it ends with the connection.
std::string head_of(int status, const std::string& type, std::int64_t length) {
  auto head = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\nContent-Security-Policy: frame-ancestors 'none'\r\n"
      "Accept-Ranges: none\r\nConnection: close\r\n",
      status, reason(status), type);
  constexpr int kMethodNotAllowed = 405;
  if (status == kMethodNotAllowed) head += "Allow: GET, HEAD\r\n";
  if (length >= 0) head += fmt::format("Content-Length: {}\r\n", length);
  return head + "\r\n";
}

}  // namespace

ReportServer::ReportServer(ServedReport report, int port) : report_(std::move(report)) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (socket_ < 0 || ::bind(socket_, any, size) != 0 || ::listen(socket_, SOMAXCONN) != 0 ||
      ::getsockname(socket_, any, &size) != 0) {
    ::close(socket_);
    throw UsageError(fmt::format("port {} of 127.0.0.1 is taken; choose another: --port N", port));
  }
  port_ = ntohs(address.sin_port);
}

ReportServer::~ReportServer() {
  for (const auto& connection : connections_) ::close(connection.socket);
  ::close(socket_);
}

void ReportServer::serve(const std::function<bool()>& should_stop) {
  while (!should_stop()) {
    std::vector<pollfd> waiting{{socket_, POLLIN, 0}};
    for (const auto& connection : connections_) {
      const bool to_send = connection.sent < connection.head.size() + (connection.body ? connection.body->size() : 0);
      const int events = (connection.client_ended ? 0 : POLLIN) | (to_send ? POLLOUT : 0);
      waiting.push_back({connection.socket, static_cast<short>(events), 0});
    }
    if (::poll(waiting.data(), waiting.size(), kTickMilliseconds) < 0) continue;
    auto polled = waiting.begin() + 1;
    const auto now = Clock::now();
    for (auto connection = connections_.begin(); connection != connections_.end(); ++polled) {
      bool stays = true;
      if (polled->revents & (POLLIN | POLLHUP | POLLERR)) stays = read(*connection);
      if (stays && (polled->revents & POLLOUT)) stays = write(*connection);
      if (connection->client_ended && connection->state == Connection::State::ending) stays = false;
      if (stays && connection->state != Connection::State::listening && now > connection->deadline) {
        stays = connection->state == Connection::State::reading;
        if (stays) refuse(*connection, 408, "the request took too long");
      }
      if (!stays) ::close(connection->socket);
      connection = stays ? std::next(connection) : connections_.erase(connection);
    }
    if (waiting.front().revents & POLLIN) accept_all();
    if (now >= next_look_) {
      tell_changes();
      next_look_ = now + kLook;
    }
  }
  for (const auto& connection : connections_) ::close(connection.socket);
  connections_.clear();
}

void ReportServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      const bool none_free = errno == EMFILE || errno == ENFILE;
      if (none_free) ::poll(nullptr, 0, kTickMilliseconds);  // it stays in the kernel's queue
      return;
    }
    Connection connection;
    connection.socket = socket;
    connection.deadline = Clock::now() + kRequestTime;
    connections_.push_back(std::move(connection));
    if (connections_.size() <= kMostConnections) continue;
    const auto text = head_of(503, "text/plain", 0);
    static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
    ::close(socket);
    connections_.pop_back();
  }
}

bool ReportServer::read(Connection& connection) {
  std::array<char, 4096> bytes{};
  const auto size = ::recv(connection.socket, bytes.data(), bytes.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  connection.client_ended = size == 0;
  if (size == 0) return connection.state == Connection::State::writing;
  if (connection.state != Connection::State::reading) return true;  // and is not heard any more
  connection.request.append(bytes.data(), static_cast<std::size_t>(size));
  if (connection.request.size() > kMostRequestBytes) refuse(connection, 431, "the request is too long");
  else if (connection.request.find("\r\n\r\n") != std::string::npos) answer(connection);
  return true;
}

bool ReportServer::write(Connection& connection) {
  for (;;) {
    const bool in_head = connection.sent < connection.head.size();
    const std::string empty;
    const auto& text = in_head ? connection.head : connection.body ? *connection.body : empty;
    const auto at = connection.sent - (in_head ? 0 : connection.head.size());
    if (at >= text.size()) break;
    const auto size = ::send(connection.socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    connection.sent += static_cast<std::size_t>(size);
  }
  if (connection.state == Connection::State::listening) {
    connection.head.clear();
    connection.sent = 0;
  } else if (connection.state == Connection::State::writing) {
    // Closed at once, what the client is still sending would make the kernel take the answer back.
    ::shutdown(connection.socket, SHUT_WR);
    connection.state = Connection::State::ending;
    connection.deadline = Clock::now() + kEndTime;
  }
  return true;
}

void ReportServer::answer(Connection& connection) {
  bool too_many = false;
  const auto head = std::string_view(connection.request).substr(0, connection.request.find("\r\n\r\n"));
  const auto request = parse(head, too_many);
  if (too_many) return refuse(connection, 431, "too many headers");
  if (!request) return refuse(connection, 400, "no request of HTTP/1.1");
  if (request->method != "GET" && request->method != "HEAD") return refuse(connection, 405, "only GET and HEAD");
  if (request->hosts != 1 || !is_ours(request->host, port_))
    return refuse(connection, 421, fmt::format("the name of this server is 127.0.0.1:{}", port_));
  if (!is_our_origin(request->origin, port_)) return refuse(connection, 403, "not for pages of other servers");
  if (request->body) return refuse(connection, 413, "a request here has no body");
  const bool with_body = request->method == "GET";
  try {
    if (request->target == "/")
      answer(connection, 200, "text/html; charset=utf-8", current(page_, report_.page), with_body);
    else if (request->target == "/data.json")
      answer(connection, 200, "application/json", current(json_, report_.json), with_body);
    else if (request->target == "/events") begin_events(connection, with_body);
    else refuse(connection, 404, "there are /, /data.json and /events");
  } catch (const std::exception& error) {
    refuse(connection, 500, error.what());
  }
}

void ReportServer::answer(Connection& connection, int status, const std::string& type, Text body, bool with_body) {
  connection.head = head_of(status, type, static_cast<std::int64_t>(body->size()));
  connection.body = with_body ? std::move(body) : nullptr;
  connection.sent = 0;
  connection.request.clear();
  connection.state = Connection::State::writing;
  connection.deadline = Clock::now() + kAnswerTime;
}

void ReportServer::refuse(Connection& connection, int status, const std::string& why) {
  answer(connection, status, "text/plain; charset=utf-8", std::make_shared<const std::string>(why + "\n"));
}

void ReportServer::begin_events(Connection& connection, bool with_body) {
  connection.head = head_of(200, "text/event-stream", -1);
  connection.request.clear();
  connection.state = with_body ? Connection::State::listening : Connection::State::writing;
  connection.deadline = Clock::now() + kAnswerTime;
}

void ReportServer::tell_changes() {
  std::string text = ": nothing new\n\n";
  try {
    const auto version = report_.version();
    if (version_ != -1 && version != version_) text = "data: changed\n\n";
    version_ = version;
  } catch (const std::exception&) {
    text = ": cannot be read at the moment\n\n";  // whoever asks for the page is told why
  }
  for (auto connection = connections_.begin(); connection != connections_.end();) {
    auto& waiting = connection->head;
    const bool slow = connection->state == Connection::State::listening && waiting.size() > kMostWaitingEvents;
    if (connection->state == Connection::State::listening && !slow) waiting += text;
    if (slow) ::close(connection->socket);  // its browser comes back
    connection = slow ? connections_.erase(connection) : std::next(connection);
  }
}

/// One second old at most: many pages that follow one run ask at the same time.
ReportServer::Text ReportServer::current(Cached& cached, const std::function<std::string()>& make) const {
  const auto now = Clock::now();
  if (!cached.text || now - cached.made > kLook) cached = {std::make_shared<const std::string>(make()), Clock::now()};
  return cached.text;
}

}  // namespace evobrnn
