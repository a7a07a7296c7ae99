// SPDX-License-Identifier: Apache-2.0
/// Serves a run's page to browsers of this machine: one thread, and limits on all that a client can ask for or delay.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace evobrnn {

/// What there is to serve. Each may throw: the client is told, and nothing else happens.
struct ServedReport {
  std::function<std::string()> page, json;
  std::function<std::int64_t()> version;  ///< another number whenever the others have changed
};

class ReportServer {
 public:
  /// Listens on 127.0.0.1; `port` 0: one that is free. Throws UsageError where it is taken.
  ReportServer(ServedReport report, int port);
  ~ReportServer();
  ReportServer(const ReportServer&) = delete;
  ReportServer& operator=(const ReportServer&) = delete;

  int port() const { return port_; }
  /// Serves until `should_stop`, which is asked at least five times a second, or when a signal has come.
  void serve(const std::function<bool()>& should_stop);

 private:
  using Clock = std::chrono::steady_clock;
  using Text = std::shared_ptr<const std::string>;

  struct Connection {
    int socket = -1;
    enum class State { reading, writing, listening, ending } state = State::reading;  ///< listening: to events
    std::string request, head;  ///< head: of the answer; later events that are still to be sent
    Text body;
    std::size_t sent = 0;       ///< of head and body
    bool client_ended = false;  ///< it sends no more, and may still read
    Clock::time_point deadline;
  };
  struct Cached {
    Text text;
    Clock::time_point made;
  };

  void accept_all();
  /// Each returns whether the connection stays.
  bool read(Connection& connection);
  bool write(Connection& connection);
  void answer(Connection& connection);
  void answer(Connection& connection, int status, const std::string& type, Text body, bool with_body = true);
  void refuse(Connection& connection, int status, const std::string& why);
  void begin_events(Connection& connection, bool with_body);
  void tell_changes();
  Text current(Cached& cached, const std::function<std::string()>& make) const;

  const ServedReport report_;
  int socket_ = -1, port_ = 0;
  std::list<Connection> connections_;
  Cached page_, json_;
  std::int64_t version_ = -1;
  Clock::time_point next_look_;
};

}  // namespace evobrnn
