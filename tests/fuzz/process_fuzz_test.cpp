// SPDX-License-Identifier: Apache-2.0
/// What processes say to each other: messages over a socket, and the lock of a run folder.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "apps/run_folder.hpp"
#include "apps/run_lock.hpp"
#include "apps/run_state.hpp"
#include "evolve/message_stream.hpp"
#include "evolve/worker_process.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

using testing_support::ScratchFolder;

std::string message(const std::string& kind, const std::string& body) {
  return kind + " " + std::to_string(body.size()) + "\n" + body;
}

std::string result_message() { return message("result", to_json(ended_as(TrialStatus::ok, ""))); }

const std::vector<std::string> kMessageTokens = {" ",
                                                 "\n",
                                                 "0\n",
                                                 "started 0\n",
                                                 "stop 0\n",
                                                 "progress 9\n[1,2,0.5]",
                                                 "resumed 2\n10",
                                                 "weights 3\nabc",
                                                 "trial 2\n{}",
                                                 "checkpoint 1\nx",
                                                 "result 4\nnull",
                                                 "18446744073709551615\n",
                                                 "2147483648\n",
                                                 "-1\n",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 "1e300"};

std::vector<std::string> conversations() {
  return {message("started", "") + message("progress", "[1,2,0.5]") + message("checkpoint", "bytes") +
              message("resumed", "10") + message("weights", "more") + result_message(),
          result_message()};
}

TEST(Fuzz, Messages) {
  fuzz({.name = "Messages",
        .inputs = conversations(),
        .tokens = kMessageTokens,
        .accepts =
            [](const std::string& input) {
              std::array<int, 2> ends{};
              require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "no socket");
              MessageStream stream(ends[0]);
              const bool sent = ::write(ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size());
              ::close(ends[1]);
              require(sent, "the socket does not take the input whole");
              return accepts<std::invalid_argument>([&] {
                while (!stream.closed()) stream.receive(-1);
              });
            },
        .at_least = 2000});
}

/// A process that says the input, whatever it is told, in the place of a worker.
TEST(Fuzz, Worker) {
  const ScratchFolder folder;
  TrialHooks hooks;
  hooks.progress = [](std::int64_t, std::int64_t, double) {};
  hooks.weights = [](const std::string&) {};
  hooks.checkpoint = hooks.weights;
  hooks.resumed = [](std::int64_t) {};
  fuzz({.name = "Worker",
        .inputs = conversations(),
        .tokens = kMessageTokens,
        .accepts =
            [&](const std::string& input) {
              WorkerProcess worker({"/bin/cat", folder.write("said", input).string()});
              const auto result = worker.run("{}", hooks, {});
              return result.status == TrialStatus::ok;
            },
        .at_least = 200});
}

TEST(Fuzz, Lock) {
  const ScratchFolder folder;
  std::string written;
  {
    const RunLock lock(folder.path());
    written = read_whole(folder / kLockFile);
  }
  fuzz({.name = "Lock",
        .inputs = {written, R"({"host":"elsewhere","pid":1,"started":"2026-01-31T12:00:00Z"})"},
        .tokens = {"[", "{", "\"host\":", "\"pid\":", "\"started\":", "-1", "1e300", "18446744073709551615", "null",
                   "\\u0000", "\"..\"", "\xff"},
        .accepts = [&](const std::string& input) {
          folder.write(kLockFile, input);
          const auto holder = run_process(folder.path());
          require(holder.alive != RunProcess::Alive::yes, "takes the lock for held");
          // Nobody holds it: whatever it says, the next process can take it, or is told by whom it was left.
          accepts<UsageError>([&] { const RunLock lock(folder.path()); });
          return !holder.host.empty();
        }});
}

}  // namespace
}  // namespace evobrnn::fuzzing
