// SPDX-License-Identifier: Apache-2.0
/// Commands that are shell scripts, which do what no good command does; and none of their processes is left.
#include "evolve/command_objective.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "evolve/failure_policy.hpp"
#include "evolve/process_end.hpp"
#include "evolve/process_tree.hpp"
#include "evolve/shortage.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;
using testing::ScratchFolder;
using enum TrialStatus;

class Command : public ::testing::Test {
 protected:
  Command() {
    ::mkfifo((folder_ / "alive").c_str(), 0600);
    alive_ = ::open((folder_ / "alive").c_str(), O_RDONLY | O_NONBLOCK);
    settings_.folder = folder_.path();
  }
  ~Command() override { ::close(alive_); }

  /// All that a script starts holds the writing end of `alive`, whatever becomes of its environment and its session.
  Objective objective(const std::string& script) {
    settings_.command = {"/bin/sh", folder_.write("command.sh", "exec 9> alive\n" + script + "\n").string()};
    return command_objective(settings_, space_, folder_ / "scratch");
  }

  TrialResult run(const std::string& script, const TrialHooks& hooks = {}) {
    const auto result = outcome_of([&] { return objective(script)(candidate(), hooks); });
    EXPECT_FALSE(any_left()) << script;
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "scratch")) << script;
    return result;
  }

  bool any_left() const {
    std::array<char, 256> bytes{};
    ssize_t size = 0;
    while ((size = ::read(alive_, bytes.data(), bytes.size())) > 0) {
    }
    return size < 0;
  }

  Candidate candidate() const {
    const Genome genome{0.5, std::int64_t{3}};
    return {genome, {"search", space_.text(genome), 0.25, 2}, 18446744073709551615U, false};
  }

  std::string content(const std::string& name) const {
    std::ifstream stream(folder_ / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  static Gene gene(const std::string& path, GeneKind kind, double high) {
    Gene gene;
    gene.path = path;
    gene.kind = kind;
    gene.high = high;
    return gene;
  }

  const SearchSpace space_{{gene("lr", GeneKind::real, 1), gene("net.layers", GeneKind::integer, 9)}};
  ScratchFolder folder_;
  CommandSettings settings_;
  int alive_ = -1;
};

TEST_F(Command, IsToldTheTrialOnItsInputAndInAFileAndItsResultAndProgressAreHeard) {
  std::vector<std::string> heard;
  TrialHooks hooks;
  hooks.started = [&heard] { heard.emplace_back("started"); };
  hooks.progress = [&heard](std::int64_t step, std::int64_t steps, double loss) {
    heard.push_back(std::to_string(step) + " of " + std::to_string(steps) + ": " + std::to_string(loss));
  };
  const auto result = run(
      "cat > input; cmp -s \"$EVOBRNN_TRIAL\" input || exit 9; ls \"$EVOBRNN_SCRATCH\" > scratch_list; pwd > where\n"
      "echo 'hello'; echo '{\"progress\": {\"step\": 3, \"steps\": 20, \"loss\": 0.25}}'\n"
      "printf '{\"score\": 0.93, \"metrics\": {\"b\": 7, \"a\": NaN}}'",
      hooks);
  EXPECT_EQ(result.status, ok) << result.cause;
  EXPECT_EQ(result.score, 0.93);
  EXPECT_EQ(result.metrics.at("b"), 7);
  EXPECT_TRUE(std::isnan(result.metrics.at("a")));
  EXPECT_GT(result.cost.wall_seconds, 0);
  EXPECT_EQ(heard, (std::vector<std::string>{"started", "3 of 20: 0.250000"}));
  ASSERT_EQ(result.curve.size(), 1U) << "what it told is its curve";
  EXPECT_EQ(result.curve[0].step, 3);
  EXPECT_EQ(result.curve[0].train_loss, 0.25);
  EXPECT_EQ(content("input"),
            "{\"protocol\":1,\"genome\":{\"lr\":0.5,\"net.layers\":3},\"seed\":18446744073709551615,\"fidelity\":0.25,"
            "\"repeat\":2,\"role\":\"search\",\"final\":false,\"gentler\":false}\n");
  EXPECT_EQ(content("scratch_list"), "trial.json\n");
  EXPECT_EQ(content("where"), std::filesystem::canonical(folder_.path()).string() + "\n");
}

TEST_F(Command, WithNoGenomeIsToldAnEmptyOne) {
  auto defaults = candidate();
  defaults.genome.reset();
  defaults.key.role = "default";
  defaults.final = true;
  EXPECT_EQ(objective("cat > input; echo '{\"score\": 1}'")(defaults, {}).status, ok);
  const auto told = nlohmann::json::parse(content("input"));
  EXPECT_EQ(told.at("genome"), nlohmann::json::object());
  EXPECT_EQ(told.at("role"), "default");
  EXPECT_TRUE(told.at("final").get<bool>());
}

TEST_F(Command, EndsAsDocumented) {
  struct Case {
    const char* script;
    TrialStatus status;
    const char* cause;
  };
  const std::vector<Case> cases{
      {"echo garbage; echo more", lost, "exited with code 0 and no result; its output ends with: garbage more"},
      {"exit 0", lost, "no result; it printed nothing"},
      {"echo '[0.5]'", lost, "its output ends with: [0.5]"},
      {"printf '5 %%\\r9 %%\\r\\033[0m{\"score\": 1}'", ok, ""},
      {"printf '{\"score\": 0.'", lost, "this line is no JSON: \"{\"score\": 0.\""},
      {"echo '{\"scor\": 1}'", lost, "neither score nor status"},
      {"echo '{\"score\": \"high\"}'", lost, "its score is no number"},
      {"echo '{\"score\": 1, \"metrics\": {\"a\": \"b\"}}'", lost, "its metric a is no number"},
      {"echo '{\"status\": \"lost\"}'", lost, "must be one of ok, diverged"},
      {"echo '{\"score\": NaN}'", diverged, "infinite or NaN"},
      {"echo '{\"score\": null}'", diverged, "infinite or NaN"},
      {"echo '{\"score\": -Infinity}'", diverged, "infinite or NaN"},
      {"echo '{\"score\": 1, \"status\": \"diverged\", \"cause\": \"at step 7\"}'", diverged, "at step 7"},
      {"echo '{\"status\": \"nan_input\"}'", nan_input, "the command says so"},
      {"echo '{\"score\": 1}'; echo one >&2; echo 'two\377' >&2; exit 3", crashed,
       "exited with code 3; its last words: one two\xef\xbf\xbd"},
      {"kill -SEGV $$", crashed, "ended by SIGSEGV (Segmentation fault)"},
      {"kill -KILL $$", crashed, "ended by SIGKILL (Killed)"},
      {"sleep 1000 & kill -9 $PPID; sleep 1000", lost, "its guard process was killed"},
      {"head -c 100000000 /dev/zero | tr '\\0' '{'; exec sh -c 'exit 0'", lost, "no result"},
      {"head -c 100000000 /dev/zero >&2; exit 1", crashed, "exited with code 1"},
  };
  for (const auto& [script, status, cause] : cases) {
    const auto result = run(script);
    EXPECT_EQ(to_text(result.status), to_text(status)) << script << ": " << result.cause;
    EXPECT_THAT(result.cause, HasSubstr(cause)) << script;
  }
}

TEST_F(Command, TheLastResultCountsAndHalfOfOneDoesNot) {
  EXPECT_EQ(run("echo '{\"score\": 1}'; echo '{\"score\": 2}'; echo '{\"score\": 3, \"met'").score, 2);
}

TEST_F(Command, ThatCannotBeStartedIsInvalid) {
  settings_.command = {"evobrnn-no-such-program"};
  auto result = command_objective(settings_, space_)(candidate(), {});
  EXPECT_EQ(result.status, invalid);
  EXPECT_EQ(result.cause, "the command cannot be started: evobrnn-no-such-program: No such file or directory");
  settings_.folder = "/nonexistent";
  settings_.command = {"true"};
  result = command_objective(settings_, space_)(candidate(), {});
  EXPECT_EQ(result.cause, "the command cannot be started: /nonexistent: No such file or directory");
  settings_.command.clear();
  EXPECT_THROW(command_objective(settings_, space_), std::invalid_argument);
}

TEST_F(Command, ThatSleepsTooLongIsEndedAtItsTimeLimit) {
  settings_.time_limit = 0.05;
  settings_.grace_seconds = 1000;
  const auto result = run("sleep 1000");
  EXPECT_EQ(result.status, timeout);
  EXPECT_EQ(result.cause, "ran over its time limit of 0.05 s");
  EXPECT_GE(result.cost.wall_seconds, 0.05);
}

TEST_F(Command, ThatClosesItsOutputAndSleepsIsEndedAtItsTimeLimit) {
  settings_.time_limit = 0.05;
  EXPECT_EQ(run("exec >&- 2>&-; exec sleep 1000").status, timeout);
}

TEST_F(Command, ThatIgnoresSigtermIsKilledAfterItsGrace) {
  settings_.time_limit = 0.05;
  settings_.grace_seconds = 0.05;
  EXPECT_EQ(run("trap '' TERM; while :; do sleep 1000; done").status, timeout);
}

TEST_F(Command, ThatIsToldToStopMayStillTidyUpAndIsCancelled) {
  settings_.grace_seconds = 1000;
  std::string script = "trap 'echo tidy > tidied; exit 0' TERM; echo '{\"progress\": {\"step\": 1, \"steps\": 2}}'; ";
  bool begun = false;
  TrialHooks hooks;
  hooks.progress = [&begun](std::int64_t, std::int64_t, double) { begun = true; };
  hooks.should_stop = [&begun] { return begun; };
  EXPECT_EQ(run(script + "sleep 1000 & wait", hooks).status, cancelled);
  EXPECT_EQ(content("tidied"), "tidy\n");
}

TEST_F(Command, ThatStopsItsGuardIsHeardAllTheSame) {
  EXPECT_EQ(run("kill -STOP $PPID; echo '{\"score\": 1}'").status, ok);
}

TEST_F(Command, ThatStopsItsGuardAgainAndAgainIsEndedAtItsTimeLimit) {
  settings_.time_limit = 0.05;
  settings_.grace_seconds = 0.05;
  EXPECT_EQ(run("setsid env -i sh -c \"while :; do kill -STOP $PPID; done\" &\nsleep 1000").status, timeout);
}

TEST_F(Command, OutlivesASignalToItsGuardThatEndsAJob) {
  EXPECT_EQ(run("trap '' TERM; kill -HUP $PPID; kill -TERM $PPID; echo '{\"score\": 1}'").status, ok);
}

TEST_F(Command, KeepsIgnoringWhatWasIgnoredAtTheStart) {
  EXPECT_EQ(run("kill -HUP $$; echo '{\"score\": 1}'").status, crashed);
  const auto before = std::signal(SIGHUP, SIG_IGN);
  EXPECT_EQ(run("kill -HUP $$; echo '{\"score\": 1}'").status, ok);
  std::signal(SIGHUP, before);
}

TEST_F(Command, EndedBySomebodyElsesSignalIsSaidToBe) {
  const auto signal_of = [this](const std::string& script) {
    try {
      objective(script)(candidate(), {});
    } catch (const ProcessEnded& end) {
      return end.signal();
    }
    return -1;
  };
  EXPECT_EQ(signal_of("kill -TERM $$"), SIGTERM);
  EXPECT_EQ(signal_of("sh -c 'kill -INT $$'; exit $?"), SIGINT) << "as a shell says it";
  EXPECT_EQ(signal_of("exit 1"), 0);
  EXPECT_EQ(signal_of("echo '{\"score\": 1}'"), -1);
}

/// Leaves this process no free file number beyond the first few.
class FewFiles {
 public:
  FewFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto few = before_;
    few.rlim_cur = static_cast<rlim_t>(first_free()) + 4;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  static int first_free() {
    const int file = ::open("/dev/null", O_RDONLY);
    ::close(file);
    return file;
  }
  rlimit before_{};
};

TEST_F(Command, ThatTheMachineHasNoFilesForIsNotJudged) {
  const auto plain = objective("echo '{\"score\": 1}'");
  {
    const FewFiles few;
    EXPECT_THROW(plain(candidate(), {}), Shortage);
  }
  EXPECT_EQ(plain(candidate(), {}).status, ok);
}

TEST_F(Command, ThatEatsMemoryIsEndedAsOutOfMemory) {
  settings_.memory = 0.05;
  // tail keeps a line without end.
  const auto result = run("head -c 2000000000 /dev/zero | tail > /dev/null; echo '{\"score\": 1}'");
  EXPECT_EQ(result.status, out_of_memory);
  EXPECT_EQ(result.cause, "its processes held more than 0.05 GB (evaluator.memory)");
}

TEST_F(Command, ChildrenThatOutliveItAreKilledWhereverTheyWent) {
  EXPECT_EQ(run("sleep 1000 &\n"
                "setsid sleep 1000 &\n"
                "(setsid sh -c 'sleep 1000 & sleep 1000 &' &)\n"
                "setsid env -i sh -c '(sleep 1000; sleep 1000) & exit' &\n"
                "echo '{\"score\": 1}'")
                .status,
            ok);
}

TEST_F(Command, DiesWithTheProgramAndSoDoItsChildren) {
  const auto objective = this->objective("setsid env -i sleep 1000 &\nsleep 1000 &\necho begun >&9; sleep 1000");
  const auto program = ::fork();
  if (program == 0) {
    objective(candidate(), {});
    ::_exit(0);
  }
  pollfd begun{alive_, POLLIN, 0};
  ASSERT_EQ(::poll(&begun, 1, -1), 1);
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  ::fcntl(alive_, F_SETFL, 0);  // reading now ends when the last of them has
  EXPECT_FALSE(any_left());
}

TEST_F(Command, AHookThatThrowsLeavesNothing) {
  TrialHooks hooks;
  hooks.started = [] { throw std::runtime_error("disk full"); };
  EXPECT_THROW(objective("sleep 1000")(candidate(), hooks), std::runtime_error);
  EXPECT_FALSE(any_left());
}

/// A process that goes while its file is read is no error of whoever looks at all processes.
TEST(ProcessTree, IsReadWhileProcessesComeAndGo) {
  std::array<std::string, 3> words{"/bin/sh", "-c", "i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done"};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t process = 0;
  ASSERT_EQ(posix_spawn(&process, arguments[0], nullptr, nullptr, arguments.data(), environ), 0);
  while (::waitpid(process, nullptr, WNOHANG) == 0) EXPECT_GE(resident_bytes_below(::getpid()), 0);
}

TEST_F(Command, ManyRunAtOnceAndDoNotMeet) {
  const auto objective = this->objective("sleep 1000 & echo \"$EVOBRNN_SCRATCH\" >> scratches; echo '{\"score\": 1}'");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) EXPECT_EQ(objective(candidate(), {}).score, 1);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(any_left());
  std::istringstream lines(content("scratches"));
  std::set<std::string> different;
  for (std::string line; std::getline(lines, line);) different.insert(line);
  EXPECT_EQ(different.size(), 20);
}

}  // namespace
}  // namespace evobrnn
