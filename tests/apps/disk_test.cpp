// SPDX-License-Identifier: Apache-2.0
/// What a disk that is full, that fails, that is read-only or that is gone does to a run of the real program.
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

#include "core/io/new_file.hpp"
#include "evolve/ledger.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class Disk : public Program {
 protected:
  void SetUp() override { write("s.toml", small_search()); }
  std::vector<std::string> arguments(const std::string& out) const {
    return {"run", "s.toml", "--out", out, "--quiet", "--workers", "2"};
  }
  Outcome call_on(const std::string& disk, const std::vector<std::string>& command) const {
    return call_with({{"LD_PRELOAD", EVOBRNN_FAILING_DISK}, {"EVOBRNN_DISK", disk}}, command);
  }
  /// The program, started and already past its first trial.
  pid_t start_and_see_a_trial(std::vector<std::string> command) const {
    command.push_back("--json");
    const auto child = start(command);
    while (read(scratch_ / "out").find("\"event\":\"trial\"") == std::string::npos &&
           waitpid(child, nullptr, WNOHANG) == 0)
      sched_yield();
    return child;
  }
};

TEST_F(Disk, AFullOrFailingOneStopsTheRunClearlyAndItGoesOnAfterwards) {
  // How many trials share a transaction, and with it how often the ledger is written, depends on the disk's speed. With
  // eight generations each count below falls into the search: after its first trial, long before its end.
  const auto long_run = [&](const std::string& out) {
    auto command = arguments(out);
    command.insert(command.end(), {"--set", "search.generations=8"});
    return command;
  };
  ASSERT_EQ(call(long_run("whole")).code, 0);
  struct Case {
    std::string disk, error;
  };
  const std::vector<Case> cases = {{"write:ENOSPC:70:ledger.sqlite", "the disk is full"},
                                   {"write:EIO:90:ledger.sqlite", "the disk failed at writing"},
                                   {"sync:EIO:12:ledger.sqlite", "the disk failed at making writes durable"},
                                   {"write:ENOSPC:0:champion-seed", "No space left on device"},
                                   {"sync:EIO:1:weights", "Input/output error"},
                                   {"write:ENOSPC:0:champion.safetensors", "No space left on device"}};
  int number = 0;
  for (const auto& [disk, error] : cases) {
    const auto out = "run" + std::to_string(++number);
    const auto stopped = call_on(disk, long_run(out));
    EXPECT_EQ(stopped.code, 1) << disk << stopped.out;
    EXPECT_THAT(stopped.err, HasSubstr(error)) << disk;
    EXPECT_THAT(stopped.err, HasSubstr("evobrnn resume " + out)) << disk;
    {
      const Ledger ledger(folder() / out / "ledger.sqlite", Ledger::Access::read);
      EXPECT_FALSE(ledger.trials().empty()) << disk << ": what was told as stored is there";
      for (const auto& trial : ledger.trials())
        EXPECT_EQ(trial.result.status, TrialStatus::ok) << disk << ": the disk's failure is no candidate's";
    }
    const auto resumed = call({"resume", out, "--quiet"});
    EXPECT_EQ(resumed.code, 0) << disk << resumed.err;
    const auto diff = call({"diff", "whole", out});
    EXPECT_EQ(diff.code, 0) << disk << diff.out;
  }
}

TEST_F(Disk, AFailureBeforeTheFirstTrialLeavesNoRunOrOneThatGoesOn) {
  ASSERT_EQ(call(arguments("whole")).code, 0);
  const auto failed = call_on("write:ENOSPC:0:run1", arguments("run1"));
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr("No space left on device"));
  EXPECT_FALSE(fs::exists(folder() / "run1"));
  for (const auto& entry : fs::directory_iterator(folder()))
    EXPECT_FALSE(is_draft(entry.path())) << "litter: " << entry.path();
  EXPECT_EQ(call_on("write:EIO:1:ledger.sqlite", arguments("run2")).code, 1);
  EXPECT_EQ(call({"resume", "run2", "--quiet"}).code, 0);
  EXPECT_EQ(call({"diff", "whole", "run2"}).code, 0);
}

TEST_F(Disk, AFolderRemovedUnderTheRunIsTold) {
  auto command = arguments("r");
  command.insert(command.end(), {"--set", "search.generations=1000"});
  const auto child = start_and_see_a_trial(command);
  fs::rename(folder() / "r", folder() / "away");
  fs::remove_all(folder() / "away");
  const auto outcome = wait_for(child);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AnyOf(HasSubstr("was removed or replaced"), HasSubstr("the disk failed")));
}

TEST_F(Disk, TooLittleRoomIsToldBeforeAnythingIsMade) {
  auto command = arguments("r");
  command.insert(command.end(), {"--set", "search.population=1000000", "--set", "search.generations=1000000"});
  const auto refused = call(command);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("PB for its ledger and weights"));
  EXPECT_FALSE(fs::exists(folder() / "r"));
}

TEST_F(Disk, AFileSystemWithoutLocksIsRefusedAndNamed) {
  ASSERT_EQ(call(arguments("r")).code, 0);
  for (const std::string error : {"ENOLCK", "EOPNOTSUPP"}) {
    for (const auto& command : std::vector<std::vector<std::string>>{arguments("other"), {"resume", "r"}}) {
      const auto refused = call_on("lock:" + error + ":0:" + folder().string(), command);
      EXPECT_EQ(refused.code, 2) << error;
      const auto name = command[0] == "run" ? "other" : "r";
      EXPECT_THAT(refused.err, HasSubstr("error: " + std::string(name) + ": this file system has no locks (")) << error;
      EXPECT_THAT(refused.err, HasSubstr("two processes could write to one run")) << error;
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(folder()), {}), 4) << "r, s.toml, out and err: nothing was made";
  }
  // Where flock works and the database's own locks do not.
  const auto stopped = call_on("lock:ENOLCK:0:ledger.sqlite", {"status", "r"});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_THAT(stopped.err,
              HasSubstr("ledger r/ledger.sqlite: another process holds the file, or its file system has no "
                        "locks"));
}

/// A real small file system of its own.
class SmallDisk : public Disk {
 protected:
  void SetUp() override {
    Disk::SetUp();
    fs::create_directories(folder() / "disk");
    if (::mount("tmpfs", (folder() / "disk").c_str(), "tmpfs", 0, "size=24m") != 0)
      GTEST_SKIP() << "a file system cannot be mounted here: " << std::strerror(errno);
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) ::umount2((folder() / "disk").c_str(), MNT_DETACH);
  }
  void fill() const {
    std::ofstream file(folder() / "disk/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }

 private:
  bool mounted_ = false;
};

TEST_F(SmallDisk, FillsUpDuringARunThatGoesOnWhenThereIsRoomAgain) {
  auto whole = arguments("whole"), small = arguments("disk/r");
  for (auto* command : {&whole, &small}) command->insert(command->end(), {"--set", "search.generations=60"});
  const auto child = start_and_see_a_trial(small);
  fill();
  const auto stopped = wait_for(child);
  EXPECT_EQ(stopped.code, 1) << stopped.out;
  EXPECT_THAT(stopped.err, HasSubstr("the disk is full"));
  const auto refused = call({"resume", "disk/r", "--quiet"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("for its ledger and weights"), HasSubstr("cannot be written")));
  fs::remove(folder() / "disk/filler");
  EXPECT_EQ(call({"resume", "disk/r", "--quiet"}).code, 0);
  ASSERT_EQ(call(whole).code, 0);
  EXPECT_EQ(call({"diff", "whole", "disk/r"}).code, 0);
}

TEST_F(SmallDisk, ReadOnlyIsToldAndReadersStillRead) {
  ASSERT_EQ(call(arguments("disk/r")).code, 0);
  ASSERT_EQ(::mount(nullptr, (folder() / "disk").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const auto resumed = call({"resume", "disk/r"});
  EXPECT_EQ(resumed.code, 1);
  EXPECT_THAT(resumed.err, HasSubstr("Read-only file system"));
  EXPECT_EQ(call(arguments("disk/other")).code, 2);
  EXPECT_EQ(call({"diff", "disk/r", "disk/r"}).code, 0);
}

}  // namespace
}  // namespace evobrnn
