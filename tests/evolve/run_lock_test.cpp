// SPDX-License-Identifier: Apache-2.0
/// EVOBRNN_LOCK_KILLS: how many holders of the lock are killed (default: a short form).
#include "evolve/run_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;
using testing_support::ScratchFolder;

std::string error_of(const std::filesystem::path& folder) {
  try {
    const RunLock lock(folder);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string host() {
  utsname system{};
  uname(&system);
  return system.nodename;
}

/// A process that takes the lock of a folder and keeps it until it is killed.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& folder) {
    EXPECT_EQ(pipe(pipe_), 0);
    process_ = fork();
    if (process_ != 0) return;
    try {
      const RunLock lock(folder);
      static_cast<void>(!write(pipe_[1], "1", 1));
      for (;;) pause();
    } catch (const UsageError&) {
      static_cast<void>(!write(pipe_[1], "0", 1));
    }
    _exit(0);
  }
  ~Holder() { end(SIGKILL); }

  bool has_it() const {
    char answer = 0;
    return read(pipe_[0], &answer, 1) == 1 && answer == '1';
  }
  void end(int signal) {
    if (process_ <= 0) return;
    kill(process_, signal);
    waitpid(process_, nullptr, 0);
    process_ = 0;
    close(pipe_[0]);
    close(pipe_[1]);
  }
  pid_t process() const { return process_; }

 private:
  int pipe_[2] = {-1, -1};
  pid_t process_ = 0;
};

TEST(RunLock, ASecondProcessIsToldWhoHoldsItAndSinceWhen) {
  const ScratchFolder folder;
  Holder holder(folder.path());
  ASSERT_TRUE(holder.has_it());
  const auto error = error_of(folder.path());
  EXPECT_THAT(error, HasSubstr("process " + std::to_string(holder.process()) + " on " + host() + ", since 20"));
  std::ifstream file(folder / kLockFile);
  const auto json = nlohmann::json::parse(file);
  EXPECT_EQ(json.at("pid"), holder.process());
  EXPECT_EQ(json.at("host"), host());
  EXPECT_TRUE(json.contains("started"));
}

TEST(RunLock, NoKillLeavesALockThatNeedsAHumanHand) {
  const ScratchFolder folder;
  const auto* text = std::getenv("EVOBRNN_LOCK_KILLS");
  const int kills = text ? std::atoi(text) : 100;
  for (int i = 0; i < kills; ++i) {
    Holder holder(folder.path());
    // Every third one is killed at any moment of taking it, the others while they hold it.
    if (i % 3 != 0) {
      ASSERT_TRUE(holder.has_it()) << "after " << i << " kills";
    }
    holder.end(SIGKILL);
  }
  EXPECT_EQ(error_of(folder.path()), "");
}

TEST(RunLock, ACleanEndLeavesAnEmptyFile) {
  const ScratchFolder folder;
  { const RunLock lock(folder.path()); }
  EXPECT_EQ(std::filesystem::file_size(folder / kLockFile), 0U);
}

TEST(RunLock, AHolderThatHasNotSaidWhoItIsYetIsRespected) {
  const ScratchFolder folder;
  const auto path = folder.write(kLockFile, "{\"host\": \"half a li");
  std::FILE* file = std::fopen(path.c_str(), "r");
  ASSERT_EQ(flock(fileno(file), LOCK_EX), 0);
  EXPECT_THAT(error_of(folder.path()), HasSubstr("another process, which is just starting"));
  std::fclose(file);
  EXPECT_EQ(error_of(folder.path()), "") << "what a killed process left half written is no obstacle";
}

TEST(RunLock, TellsWhetherItsHolderLives) {
  const ScratchFolder folder;
  EXPECT_EQ(is_alive(lock_holder(folder.path()), folder.path()), std::nullopt) << "no file";
  {
    const RunLock lock(folder.path());
    const auto holder = lock_holder(folder.path());
    EXPECT_EQ(holder.pid, ::getpid());
    EXPECT_EQ(is_alive(holder, folder.path()), true);
  }
  EXPECT_EQ(is_alive(lock_holder(folder.path()), folder.path()), std::nullopt) << "a clean end leaves nothing";
  {
    Holder killed(folder.path());
    ASSERT_TRUE(killed.has_it());
    EXPECT_EQ(is_alive(lock_holder(folder.path()), folder.path()), true);
  }
  EXPECT_EQ(is_alive(lock_holder(folder.path()), folder.path()), false);
}

TEST(RunLock, ALaterProcessWithTheHoldersNumberIsNotTheHolder) {
  const ScratchFolder folder;
  LockHolder holder;
  {
    const RunLock lock(folder.path());
    holder = lock_holder(folder.path());
  }
  EXPECT_EQ(is_alive(holder, folder.path()), true) << "this very process, by its number and its start";
  auto other = holder;
  ++other.start_ticks;
  EXPECT_EQ(is_alive(other, folder.path()), false);
  other = holder;
  other.boot = "before the machine was started again";
  EXPECT_EQ(is_alive(other, folder.path()), false);
  other.host = "elsewhere";
  EXPECT_EQ(is_alive(other, folder.path()), std::nullopt);
  other = holder;
  ++other.pid_namespace;
  EXPECT_EQ(is_alive(other, folder.path()), false) << "a container that has ended";
}

TEST(RunLock, AHolderInAnotherNamespaceIsSeenByItsLock) {
  const ScratchFolder folder;
  const RunLock lock(folder.path());
  auto holder = lock_holder(folder.path());
  ++holder.pid_namespace;
  holder.pid = 1;
  const auto child = fork();  // this process's own lock does not stand in its own way
  if (child == 0) _exit(is_alive(holder, folder.path()) == true ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(RunLock, WhatAnotherHostLeftOnThisMachinesDiskIsTakenOver) {
  const ScratchFolder folder;  // a container's host name changes with every start
  folder.write(kLockFile, R"({"host": "elsewhere", "pid": 1, "started": "2026-01-01T00:00:00Z"})");
  EXPECT_EQ(error_of(folder.path()), "");
}

}  // namespace
}  // namespace evobrnn
