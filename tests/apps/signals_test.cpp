// SPDX-License-Identifier: Apache-2.0
#include "apps/signals.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace evobrnn {
namespace {

/// How a process ends that receives these signals one after the other; 0: it goes on, and was asked to stop.
int end_after(const std::vector<int>& signals) {
  const auto child = ::fork();
  if (child == 0) {
    stop_requested();
    for (const int signal : signals) std::raise(signal);
    ::_exit(stop_requested() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Signals, EqualOnesWithinASecondAreOne) {
  EXPECT_EQ(end_after({SIGTERM}), 0);
  EXPECT_EQ(end_after({SIGTERM, SIGTERM, SIGTERM}), 0) << "timeout(1) sends to the process and to its group";
  EXPECT_EQ(end_after({SIGINT, SIGTERM}), 128 + SIGTERM);
  EXPECT_EQ(end_after({SIGTERM, SIGTERM, SIGINT}), 128 + SIGINT);
}

TEST(Signals, ThatWereIgnoredBeforeStaySo) {
  const auto before = std::signal(SIGINT, SIG_IGN);
  EXPECT_EQ(end_after({SIGINT}), 1);
  std::signal(SIGINT, before);
}

}  // namespace
}  // namespace evobrnn
