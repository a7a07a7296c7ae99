// SPDX-License-Identifier: Apache-2.0
/// What one process sends or leaves for another: messages of workers, locks.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "apps/run_lock.hpp"
#include "apps/run_state.hpp"
#include "evolve/message_stream.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

TEST(FuzzProcesses, Stream) {
  const auto accepts = [](const std::string& input) {
    std::array<int, 2> ends{};
    fuzzing::require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "no socket");
    MessageStream stream(ends[0]);
    const auto sent = ::send(ends[1], input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(ends[1]);
    return fuzzing::accepts<std::invalid_argument>([&] {
      fuzzing::require(sent >= 0 || input.empty(), "nothing was sent");
      while (stream.receive(-1)) {
      }
      fuzzing::require(stream.closed(), "waits for ever");
    });
  };
  fuzzing::fuzz({"Stream",
                 {"trial 5\nhello", "started 0\nprogress 9\n[1,2,0.5]"},
                 {"result ", "18446744073709551615\n", "-1\n", "\n", " "},
                 accepts});
}

TEST(FuzzProcesses, Lock) {
  const testing_support::ScratchFolder folder;
  const auto accepts = [&](const std::string& input) {
    folder.write(kLockFile, input);
    run_process(folder.path());
    const RunLock lock(folder.path());  // nobody holds it, whatever it says
    return true;
  };
  fuzzing::fuzz({"Lock", {R"({"host":"a","pid":1,"started":"2026-01-31T12:00:00Z"})", ""}, {"{", "}", "[", "null", "1e999", "\"\\u0000\"", "[[[[[[[["}, accepts, {}, false});
}

}  // namespace
}  // namespace evobrnn
