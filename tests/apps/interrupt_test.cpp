// SPDX-License-Identifier: Apache-2.0
/// Kills, signals and closed terminals: the real program goes on to the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <functional>
#include <regex>

#include "core/io/new_file.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kKilled = 128 + SIGKILL;

class Interrupt : public Program {
 protected:
  /// A search whose trainings take long enough to be met half-way: some hundred steps each.
  std::string slow_search() const {
    return write(
        "s.toml",
        "name = \"slow\"\nseed = 4\n[model]\nn = 40\n[task]\nname = \"digits\"\ntrain_samples = "
        "200\nvalidation_samples = 50\ntest_samples = 50\n[train]\nbatch = 10\nsamples = 6000\n[run]\nworkers = "
        "2\n[search]\npopulation = 4\ngenerations = 2\n[final]\nseeds = 1\n[genes]\nmodel.dt = { low = 0.1, high "
        "= 0.9 }\n");
  }

  std::vector<fs::path> checkpoints(const std::string& run) const {
    std::vector<fs::path> files;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder() / run / "checkpoints", missing))
      if (!is_draft(entry.path())) files.push_back(entry.path());
    return files;
  }

  /// Returns when `there` or when the program ended before.
  static void wait_until(pid_t child, const std::function<bool()>& there) {
    siginfo_t ended{};
    while (!there() && waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0)
      sched_yield();
  }

  /// A run that a signal meets while checkpoints are on the disk.
  Outcome signalled_run(int signal, const std::string& grace) const {
    const auto child = start({"run", slow_search(), "--out", "stopped", "--set", "run.checkpoint_seconds=0.001",
                              "--set", "run.grace_seconds=" + grace});
    wait_until(child, [this] { return !checkpoints("stopped").empty(); });
    kill(child, signal);
    return wait_for(child);
  }

  void expect_the_same_as_uninterrupted(const std::string& run) const {
    ASSERT_EQ(call({"run", slow_search(), "--out", "whole", "--set", "run.checkpoint_seconds=0"}).code, 0);
    EXPECT_FALSE(fs::exists(folder() / "whole" / "checkpoints"));
    const auto diff = call({"diff", "whole", run});
    EXPECT_EQ(diff.code, 0) << diff.out;
  }
};

TEST_F(Interrupt, ATrainingKilledHalfWayEndsWithTheSameWeights) {
  for (const std::string precision : {"float32", "float64"}) {
    const std::vector<std::string> settings{
        "--set", "train.precision=" + precision, "--set", "model.recurrent_noise=0.1", "--set", "train.samples=20000"};
    const auto train = [&](const std::string& out, const std::vector<std::string>& more) {
      std::vector<std::string> arguments{"train", slow_search(), "--out", out};
      arguments.insert(arguments.end(), settings.begin(), settings.end());
      arguments.insert(arguments.end(), more.begin(), more.end());
      return arguments;
    };
    const auto whole = precision + "-whole", killed = precision + "-killed", file = precision + ".checkpoint";
    ASSERT_EQ(call(train(whole, {})).code, 0);
    const auto again = train(killed, {"--checkpoint", file, "--set", "run.checkpoint_seconds=0.01"});
    const auto child = start(again);
    wait_until(child, [&] { return fs::exists(folder() / file); });
    kill(child, SIGKILL);
    ASSERT_EQ(wait_for(child).code, kKilled);
    EXPECT_FALSE(fs::exists(folder() / killed));
    const auto resumed = call(again);
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.out, HasSubstr("goes on from " + file));
    EXPECT_FALSE(fs::exists(folder() / file));
    for (const auto* name : {"curve.csv", "weights/trained.safetensors"})
      EXPECT_EQ(read(folder() / whole / name), read(folder() / killed / name)) << name;
  }
}

TEST_F(Interrupt, ACheckpointOfAnotherTrainingIsNotUsed) {
  const auto file = write("other.checkpoint", "evobrnn checkpoint 1\nnot one");
  const auto outcome = call({"train", slow_search(), "--out", "t", "--checkpoint", file, "--set", "train.samples=100"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("begins anew"));
  EXPECT_EQ(
      call({"train", slow_search(), "--out", "u", "--checkpoint", file, "--set", "run.checkpoint_seconds=0"}).code, 2);
}

TEST_F(Interrupt, ACheckpointWithoutAPlaceIsRefusedBeforeTheTraining) {
  const auto file = write("file", "in the way");
  const auto outcome = call({"train", slow_search(), "--out", "t", "--checkpoint", file + "/below"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("file/below: cannot be written: Not a directory"));
  EXPECT_FALSE(fs::exists(folder() / "t"));
}

TEST_F(Interrupt, ACheckpointThatCannotBeWrittenEndsNoTraining) {
  const auto outcome = call_with({{"LD_PRELOAD", EVOBRNN_FAILING_DISK}, {"EVOBRNN_DISK", "write:ENOSPC:0:half.done"}},
                                 {"train", slow_search(), "--out", "t", "--checkpoint", "half.done", "--set",
                                  "train.samples=100", "--set", "run.checkpoint_seconds=0.000001"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("warning: not every checkpoint could be written"));
  EXPECT_TRUE(fs::exists(folder() / "t/weights/trained.safetensors"));
}

TEST_F(Interrupt, AKilledRunGoesOnInsideItsTrials) {
  ASSERT_EQ(signalled_run(SIGKILL, "10").code, kKilled);
  ASSERT_FALSE(checkpoints("stopped").empty());
  const auto resumed = call({"resume", "stopped"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("went on from a checkpoint"));
  EXPECT_FALSE(fs::exists(folder() / "stopped" / "checkpoints"));
  expect_the_same_as_uninterrupted("stopped");
}

TEST_F(Interrupt, TornCheckpointsAreIgnored) {
  ASSERT_EQ(signalled_run(SIGKILL, "10").code, kKilled);
  ASSERT_FALSE(checkpoints("stopped").empty());
  for (const auto& file : checkpoints("stopped")) fs::resize_file(file, fs::file_size(file) / 2);
  const auto resumed = call({"resume", "stopped"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, Not(HasSubstr("went on from a checkpoint")));
  expect_the_same_as_uninterrupted("stopped");
}

TEST_F(Interrupt, SigtermWithoutGraceLeavesCheckpoints) {
  const auto stopped = signalled_run(SIGTERM, "0");
  EXPECT_EQ(stopped.code, 143) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("more as checkpoints. Go on with: evobrnn resume stopped"));
  const auto resumed = call({"resume", "stopped"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("went on from a checkpoint"));
  expect_the_same_as_uninterrupted("stopped");
}

TEST_F(Interrupt, SigintWithGraceFinishesWhatIsRunning) {
  const auto stopped = signalled_run(SIGINT, "1000");
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("stopped: "));
  EXPECT_THAT(stopped.out, Not(HasSubstr("stopped: 0 trials")));
  EXPECT_TRUE(checkpoints("stopped").empty());
  ASSERT_EQ(call({"resume", "stopped"}).code, 0);
  expect_the_same_as_uninterrupted("stopped");
}

TEST_F(Interrupt, ASecondSignalEndsAtOnce) {
  const auto child = start({"run", slow_search(), "--out", "endless", "--set", "train.samples=1000000000", "--set",
                            "run.checkpoint_seconds=0.001", "--set", "run.grace_seconds=1000000"});
  wait_until(child, [this] { return !checkpoints("endless").empty(); });
  kill(child, SIGINT);  // two kinds, because two of one kind may become one
  kill(child, SIGTERM);
  EXPECT_THAT(wait_for(child).code, AnyOf(130, 143));
}

TEST_F(Interrupt, ADetachedRunOutlivesItsTerminal) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the background process, an orphan, can be waited for
  const auto outcome = call({"run", slow_search(), "--out", "stopped", "--detach"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("evobrnn status stopped --follow"));
  std::smatch process;
  ASSERT_TRUE(std::regex_search(outcome.out, process, std::regex("process ([0-9]+)"))) << outcome.out;
  const pid_t child = std::stoi(process[1]);
  EXPECT_EQ(getsid(child), child);
  EXPECT_EQ(kill(child, SIGHUP), 0);
  const auto ended = wait_for(child);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(read(folder() / "stopped" / "log.txt"), HasSubstr("champion"));
  expect_the_same_as_uninterrupted("stopped");
}

TEST_F(Interrupt, DetachFailsInTheForegroundWhereItCannotBegin) {
  const auto wrong = call({"run", write("w.toml", "nonsense = 1\n"), "--detach"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_FALSE(fs::exists(folder() / "runs"));
  EXPECT_EQ(call({"run", slow_search(), "--set", "task.name=mnist", "--data", "/nonexistent", "--detach"}).code, 2);

  fs::create_directory(folder() / "broken");
  fs::copy_file(slow_search(), folder() / "broken" / "experiment.toml");
  write("broken/ledger.sqlite", std::string(5000, 'x'));
  const auto broken = call({"resume", "broken", "--detach"});
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.err, HasSubstr("not a ledger"));
  EXPECT_THAT(broken.err, HasSubstr("ended before it began"));
}

}  // namespace
}  // namespace evobrnn
