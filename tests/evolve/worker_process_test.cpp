// SPDX-License-Identifier: Apache-2.0
/// Worker processes that are shell scripts, which do what no good worker does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "evolve/failure_policy.hpp"
#include "evolve/process_end.hpp"
#include "evolve/shortage.hpp"
#include "evolve/worker_pool.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::ended;
using ::testing::HasSubstr;
using testing::ScratchFolder;
using enum TrialStatus;

class Worker : public ::testing::Test {
 protected:
  /// A worker that runs `actions` for each trial; say KIND FILE sends a message with the file's bytes.
  std::vector<std::string> script(const std::string& actions) const {
    const auto file = folder_.write("worker.sh",
                                    "say() { printf '%s %s\\n' \"$1\" \"$(wc -c < \"$2\")\"; cat \"$2\"; }\n"
                                    "hear() { read -r kind bytes && head -c \"$bytes\" > heard; }\n"
                                    "cd " +
                                        folder_.path().string() +
                                        " && echo x >> starts\n"
                                        "while hear; do\n" +
                                        actions + "\ndone\n");
    return {"/bin/sh", file.string()};
  }

  std::string file(const std::string& name, const std::string& bytes) const {
    return folder_.write(name, bytes).filename().string();
  }
  std::string result_file(const TrialResult& result) const { return file("result", to_json(result)); }

  std::string content(const std::string& name) const {
    std::ifstream stream(folder_ / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TrialResult run(const std::string& actions, const TrialHooks& hooks = {},
                  WorkerProcess::Patience patience = {}) const {
    WorkerProcess process(script(actions));
    return outcome_of([&] { return process.run("the trial", hooks, patience); });
  }

  ScratchFolder folder_;
};

TEST_F(Worker, AnswersAndCallsTheHooks) {
  auto sent = ended(ok, "", 1.0 / 3);
  sent.metrics["loss"] = std::numeric_limits<double>::infinity();
  result_file(sent);
  file("none", "");
  file("step", "[3,20,0.25]");
  file("tensors", std::string("a\0b\n 5\nc", 8));
  std::vector<std::string> heard;
  TrialHooks hooks;
  hooks.started = [&heard] { heard.emplace_back("started"); };
  hooks.progress = [&heard](std::int64_t step, std::int64_t steps, double loss) {
    heard.push_back(std::to_string(step) + " of " + std::to_string(steps) + ": " + std::to_string(loss));
  };
  hooks.weights = [&heard](const std::string& bytes) { heard.push_back(bytes); };
  const auto result = run("say started none; say progress step; say weights tensors; say result result", hooks);
  EXPECT_EQ(to_json(result), to_json(sent));
  EXPECT_EQ(heard, (std::vector<std::string>{"started", "3 of 20: 0.250000", std::string("a\0b\n 5\nc", 8)}));
  EXPECT_EQ(content("heard"), "the trial");
}

TEST_F(Worker, ThatDiesOfASignalCrashed) {
  const auto result = run("kill -SEGV $$");
  EXPECT_EQ(result.status, crashed);
  EXPECT_EQ(result.cause, "ended by SIGSEGV (Segmentation fault)");
  EXPECT_EQ(run("kill -KILL $$").cause, "ended by SIGKILL (Killed)");
}

TEST_F(Worker, ThatExitsWithoutAResultIsLost) {
  const auto result = run("exit 3");
  EXPECT_EQ(result.status, lost);
  EXPECT_THAT(result.cause, HasSubstr("exited with code 3 and no result"));
}

TEST_F(Worker, ThatSomebodyElseEndedIsSaidToBe) {
  WorkerProcess process(script("kill -TERM $$"));
  try {
    process.run("the trial", {}, {});
    FAIL();
  } catch (const ProcessEnded& end) {
    EXPECT_EQ(end.signal(), SIGTERM);
    EXPECT_EQ(end.result().status, crashed);
  }
}

TEST_F(Worker, ThatTheMachineDidNotLetBeginOrThatReadOtherFilesJudgesNoCandidate) {
  file("why", "train.ts was changed");
  EXPECT_THROW(run("exit 75"), Shortage);
  EXPECT_THROW(run("say other_files why; sleep 1000"), StorageError);
}

TEST_F(Worker, ThatTalksNonsenseIsLostAndKilled) {
  result_file(ended(ok));
  file("garbage", "{\"status\": \"ok\"");
  for (const auto* nonsense : {"echo hello", "say chatter result", "say result garbage", "echo result 99999999999999",
                               "say progress garbage", "printf '%0100d' 0"}) {
    TrialHooks hooks;
    hooks.progress = [](std::int64_t, std::int64_t, double) {};
    WorkerProcess process(script(std::string(nonsense) + "; sleep 1000"));
    const auto result = process.run("t", hooks, {});
    EXPECT_EQ(result.status, lost) << nonsense << ": " << result.cause;
    EXPECT_THAT(result.cause, HasSubstr("is not understood")) << nonsense;
    EXPECT_FALSE(process.alive()) << nonsense;
  }
}

TEST_F(Worker, ThatHangsBeyondItsTimeLimitIsKilled) {
  file("none", "");
  const auto result = run("say started none; while :; do :; done", {}, {0.05, 0.05});
  EXPECT_EQ(result.status, timeout);
  EXPECT_THAT(result.cause, HasSubstr("time limit of 0.05 s"));
  EXPECT_GE(result.cost.wall_seconds, 0.1);
}

TEST_F(Worker, TakesWhatItStartedWithIt) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  TrialHooks hooks;
  hooks.should_stop = [] { return true; };
  const auto result = run("sleep 1000 & sleep 1000", hooks, {0, 0.05});
  EXPECT_EQ(result.status, cancelled);
  // The processes held the writing end; without them reading ends at once.
  ::close(pipe[1]);
  char byte = 0;
  EXPECT_EQ(::read(pipe[0], &byte, 1), 0);
  ::close(pipe[0]);
}

TEST_F(Worker, IsToldToStopAndAnswers) {
  result_file(ended(cancelled, "cancelled"));
  TrialHooks hooks;
  hooks.should_stop = [] { return true; };
  EXPECT_EQ(run("hear; say result result", hooks, {0, 1000}).cause, "cancelled");
}

TEST_F(Worker, ThatDoesNotStopIsKilled) {
  TrialHooks hooks;
  hooks.should_stop = [] { return true; };
  const auto result = run("while :; do :; done", hooks, {0, 0.05});
  EXPECT_EQ(result.status, cancelled);
  EXPECT_THAT(result.cause, HasSubstr("was killed"));
}

TEST_F(Worker, ThatCannotBeStartedIsLost) {
  WorkerPool pool({"/nonexistent/program"});
  const auto result = pool.run("t", {}, {});
  EXPECT_EQ(result.status, lost);
  EXPECT_THAT(result.cause, HasSubstr("cannot be started: No such file"));
}

TEST_F(Worker, StaysForTheNextTrialAndIsReplacedWhereItDied) {
  result_file(ended(ok));
  WorkerPool pool(script("grep -q die heard && kill -ABRT $$; say result result"));
  EXPECT_EQ(pool.run("live", {}, {}).status, ok);
  EXPECT_EQ(pool.run("live", {}, {}).status, ok);
  EXPECT_EQ(content("starts"), "x\n");
  EXPECT_EQ(outcome_of([&] { return pool.run("die", {}, {}); }).cause, "ended by SIGABRT (Aborted)");
  EXPECT_EQ(pool.run("live", {}, {}).status, ok);
  EXPECT_EQ(content("starts"), "x\nx\n");
}

TEST_F(Worker, AHookThatThrowsPassesOnAndTheProcessIsNotUsedAgain) {
  result_file(ended(ok));
  WorkerPool pool(script("say weights result; say result result"));
  TrialHooks hooks;
  hooks.weights = [](const std::string&) { throw std::runtime_error("disk full"); };
  EXPECT_THROW(pool.run("t", hooks, {}), std::runtime_error);
  EXPECT_EQ(pool.run("t", {}, {}).status, ok);
  EXPECT_EQ(content("starts"), "x\nx\n");
}

TEST_F(Worker, ManyRunAtOnce) {
  result_file(ended(ok, "", 0.5));
  WorkerPool pool(script("say result result"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&pool] {
      for (int k = 0; k < 5; ++k) EXPECT_EQ(pool.run("t", {}, {}).score, 0.5);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(MessageStream, CarriesMessagesOfAnySizeInPieces) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  MessageStream there(ends[0]);
  const std::string large(3 << 20, 'x');
  std::jthread sender([&there, &large] {
    there.send({"first", ""});
    there.send({"second", large});
  });
  MessageStream here(ends[1]);
  EXPECT_EQ(here.receive(-1)->kind, "first");
  EXPECT_EQ(here.receive(-1)->body, large);
  EXPECT_FALSE(here.receive(0));
  EXPECT_FALSE(here.closed());
}

TEST(MessageStream, KnowsWhenTheOtherEndIsGone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  MessageStream here(ends[1]);
  ::close(ends[0]);
  EXPECT_FALSE(here.receive(-1));
  EXPECT_TRUE(here.closed());
  EXPECT_FALSE(here.send({"trial", "t"})) << "and no SIGPIPE";
}

}  // namespace
}  // namespace evobrnn
