// SPDX-License-Identifier: Apache-2.0
/// Real sockets on the loopback, with clients that no browser would be.
#include "apps/report_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <deque>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "evolve/run_lock.hpp"

namespace evobrnn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) const {
    static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
  }
  /// What comes until the end, or until `mark` has come.
  std::string read(const std::string& mark = "") const {
    std::string text;
    std::array<char, 65536> bytes{};
    while (mark.empty() || text.find(mark) == std::string::npos) {
      const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (size <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  const int socket_;
};

class Server : public ::testing::Test {
 protected:
  Server()
      : server_({[this] { return page_; },
                 [this]() -> std::string {
                   if (broken_) throw std::runtime_error("the folder is gone");
                   return "{\"n\": 1}";
                 },
                 [this]() -> std::int64_t {
                   if (broken_) throw std::runtime_error("the folder is gone");
                   return version_;
                 }},
                0),
        thread_([this] { server_.serve([this] { return stop_.load(); }); }) {}
  /// Whatever clients do, it ends.
  ~Server() override {
    stop_ = true;
    thread_.join();
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  std::string get(const std::string& target, const std::string& more = "") const {
    return "GET " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n" + more + "\r\n";
  }
  std::string answer(const std::string& request) const {
    const Client client(server_.port());
    client.send(request);
    return client.read();
  }

  std::string page_ = "<html>page</html>";
  std::atomic<bool> broken_{false}, stop_{false};
  std::atomic<std::int64_t> version_{1};
  ReportServer server_;
  std::thread thread_;
};

TEST_F(Server, AnswersGetAndHead) {
  EXPECT_THAT(answer(get("/")), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\n\r\n<html>page</html>")));
  EXPECT_THAT(answer(get("/data.json")), HasSubstr("\r\n\r\n{\"n\": 1}"));
  EXPECT_THAT(answer("HEAD / HTTP/1.1\r\nhost: LOCALHOST:" + std::to_string(server_.port()) + "\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 17"), Not(HasSubstr("page"))));
  EXPECT_THAT(answer(get("/", "Origin: http://" + host() + "\r\n")), StartsWith("HTTP/1.1 200"));
  // Neither parts nor compressed: a part would make many answers of one.
  EXPECT_THAT(answer(get("/", "Range: bytes=0-,0-,0-,0-\r\nAccept-Encoding: gzip\r\n")),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\n<html>page</html>")));
}

TEST_F(Server, RefusesAllElse) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  const auto other = "\r\nHost: " + host();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"POST / HTTP/1.1\r\nHost: " + host() + "\r\nContent-Length: 1\r\n\r\nx", "405"},
      {"DELETE / HTTP/1.1\r\nHost: " + host() + "\r\n\r\n", "405"},
      {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421"},
      {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "421"},
      {"GET / HTTP/1.1\r\n\r\n", "421"},
      {"GET / HTTP/1.1" + other + other + "\r\n\r\n", "421"},
      {get("/", "Origin: http://evil.example\r\n"), "403"},
      {get("/", "Origin: null\r\n"), "403"},
      {get("/", "Content-Length: 99999999999\r\n"), "413"},
      {get("/", "Transfer-Encoding: chunked\r\n"), "413"},
      {get("/", many), "431"},
      {get("/", "X: " + std::string(20'000, 'y') + "\r\n"), "431"},
      {"GET / HTTP/1.1\r\nHost: " + host() + "\r\nno colon\r\n\r\n", "400"},
      {"\x16\x03\x01 TLS\r\n\r\n", "400"},
      {get("/../../etc/passwd"), "404"}};
  for (const auto& [request, status] : cases)
    EXPECT_THAT(answer(request), StartsWith("HTTP/1.1 " + status)) << request.substr(0, 200);
  EXPECT_THAT(answer(get("/")), StartsWith("HTTP/1.1 200"));
}

TEST_F(Server, WhatThrowsIsToldAndEndsNothing) {
  const Client events(server_.port());
  events.send(get("/events"));
  EXPECT_THAT(events.read(": nothing new"), HasSubstr("Content-Type: text/event-stream"));
  broken_ = true;
  EXPECT_THAT(answer(get("/data.json")), AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("the folder is gone")));
  EXPECT_THAT(events.read(": cannot be read"), HasSubstr("cannot be read"));
  broken_ = false;
  version_ = 2;
  EXPECT_THAT(events.read("data: changed"), HasSubstr("data: changed"));
}

TEST_F(Server, TwoHundredPagesAndIdleClientsKeepNobodyOut) {
  std::deque<Client> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(server_.port());
    if (i % 4 != 0) clients.back().send(get("/events"));
    else if (i % 8 == 0) clients.back().send("GET / HTTP/1.1\r\nHo");  // and never more
  }
  EXPECT_THAT(answer(get("/")), StartsWith("HTTP/1.1 200"));
  for (std::size_t i = 1; i < clients.size(); i += 4)
    EXPECT_THAT(clients[i].read(": nothing new"), HasSubstr("text/event-stream")) << i;
}

TEST_F(Server, MoreThanItsMostAreRefusedAtOnce) {
  std::deque<Client> clients;
  for (int i = 0; i < 512; ++i) clients.emplace_back(server_.port());
  const Client last(server_.port());
  EXPECT_THAT(last.read(), StartsWith("HTTP/1.1 503"));
}

TEST_F(Server, WhoDoesNotReadHoldsNobodyUp) {
  page_ = std::string(32'000'000, 'p');
  const Client slow(server_.port());
  slow.send(get("/"));
  EXPECT_THAT(answer(get("/data.json")), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(answer(get("/")).size(), slow.read().size()) << "and comes to its own in the end";
}

TEST_F(Server, ATakenPortIsToldAndAnEndNeedsNoClientsLeave) {
  EXPECT_THROW(ReportServer({}, server_.port()), UsageError);
  page_ = std::string(32'000'000, 'p');
  const Client slow(server_.port()), events(server_.port());
  slow.send(get("/"));
  events.send(get("/events"));
  events.read("text/event-stream");
  stop_ = true;
  EXPECT_EQ(events.read("never"), events.read("never")) << "its connection has an end";
}

}  // namespace
}  // namespace evobrnn
