// SPDX-License-Identifier: Apache-2.0
/// What batch systems, limits, shells and other users do to the real program.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evolve/ledger.hpp"
#include "evolve/ledger_reader.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Machine : public Program {
 protected:
  /// A search of a shell script's score; every trial takes `script`.
  void search(const std::string& script, int population = 4) const {
    write("o.sh", "#!/bin/sh\n" + script + "\n");
    ::chmod((folder() / "o.sh").c_str(), 0755);
    write("s.toml",
          "name = \"m\"\n[evaluator]\ncommand = [\"./o.sh\"]\ngrace_seconds = 1\n[search]\nstrategy = "
          "\"random\"\npopulation = " +
              std::to_string(population) +
              "\ngenerations = 1\n[final]\nseeds = 0\n[genes]\nx = { low = 0.1, high = 1.0 }\n");
  }

  /// `before` is run by a shell that then becomes the program: `ulimit -n 30`.
  Outcome call_after(const std::string& before, const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"-c", before + "; exec \"$0\" \"$@\"", EVOBRNN_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return wait_for(start(words, "/bin/sh"));
  }

  std::vector<LedgerTrial> trials(const std::string& run) const {
    const auto file = folder() / run / "ledger.sqlite";
    return fs::exists(file) ? LedgerReader(file).trials() : std::vector<LedgerTrial>();
  }

  static std::vector<pid_t> children(pid_t process) {
    std::vector<pid_t> all;
    std::error_code gone;
    for (const auto& task : fs::directory_iterator(fs::path("/proc") / std::to_string(process) / "task", gone)) {
      std::istringstream numbers(read(task.path() / "children"));
      for (pid_t child = 0; numbers >> child;) {
        all.push_back(child);
        const auto below = children(child);
        all.insert(all.end(), below.begin(), below.end());
      }
    }
    return all;
  }

  /// As scancel, systemctl stop or pkill do, the children first: the worst order.
  static void signal_all(pid_t program, int signal) {
    for (const auto child : children(program)) ::kill(child, signal);
    ::kill(program, signal);
  }
};

/// A FIFO by which a script says that it has begun.
class Fifo {
 public:
  explicit Fifo(const fs::path& path) {
    ::mkfifo(path.c_str(), 0600);
    file_ = ::open(path.c_str(), O_RDWR);
  }
  ~Fifo() { ::close(file_); }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  void wait() const {
    char byte = 0;
    EXPECT_EQ(::read(file_, &byte, 1), 1);
  }

 private:
  int file_ = -1;
};

TEST_F(Machine, ASignalToAllProcessesOfAJobStoresNoTrial) {
  const Fifo begun(folder() / "begun");
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto run = "r" + std::to_string(signal);
    search("echo > begun; sleep 1000; echo '{\"score\": 1}'");
    const auto program = start({"run", "s.toml", "--out", run, "--workers", "2"});
    begun.wait();
    begun.wait();
    signal_all(program, signal);
    EXPECT_EQ(wait_for(program).code, 128 + signal);
    EXPECT_TRUE(trials(run).empty());
  }
}

TEST_F(Machine, ASignalToAllWorkerProcessesOfAJobStoresNoTrial) {
  write("n.toml", small_search());
  const auto program = start({"run", "n.toml", "--out", "r", "--isolation", "process", "--workers", "2", "--json",
                              "--set", "train.samples=1000000000", "--set", "run.checkpoint_seconds=0.001"});
  const auto checkpoint = [this] {
    std::error_code none;
    const fs::directory_iterator files(folder() / "r/checkpoints", none);
    return !none && files != fs::directory_iterator();
  };
  while (!checkpoint() && waitpid(program, nullptr, WNOHANG) == 0) sched_yield();
  signal_all(program, SIGTERM);
  EXPECT_EQ(wait_for(program).code, 143);
  EXPECT_TRUE(trials("r").empty());
}

TEST_F(Machine, WhatTheMachineCannotStartIsNoCandidatesFault) {
  search("test -d \"$EVOBRNN_SCRATCH\" && echo '{\"score\": 1}'", 16);
  const auto few = call_after("ulimit -n 40", {"run", "s.toml", "--out", "few", "--workers", "8"});
  EXPECT_EQ(few.code, 0) << few.err;
  ASSERT_EQ(trials("few").size(), 16U);
  for (const auto& trial : trials("few")) EXPECT_EQ(trial.result.status, TrialStatus::ok) << trial.result.cause;

  const auto none = call_after("ulimit -n 12", {"run", "s.toml", "--out", "none"});
  EXPECT_EQ(none.code, 1) << none.err;
  EXPECT_TRUE(trials("none").empty());
}

TEST_F(Machine, TheSoftLimitOnFilesIsRaised) {
  search("ulimit -n > limit; echo '{\"score\": 1}'", 1);
  ASSERT_EQ(call_after("ulimit -Sn 40", {"run", "s.toml", "--out", "r"}).code, 0);
  EXPECT_GT(std::stol(read(folder() / "limit")), 40);
}

TEST_F(Machine, TimeThatAllWasSuspendedForCountsAgainstNoLimit) {
  write("n.toml", small_search());
  // Every twentieth look at the clock finds an hour gone, as after SIGSTOP and SIGCONT.
  const auto outcome =
      call_with({{"LD_PRELOAD", EVOBRNN_JUMPING_CLOCK}, {"EVOBRNN_CLOCK", "pause:3600"}},
                {"run", "n.toml", "--out", "r", "--set", "train.time_limit=600", "--set", "run.slower_than=0"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const auto& trial : trials("r")) EXPECT_EQ(trial.result.status, TrialStatus::ok) << trial.result.cause;
  search("echo '{\"score\": 1}'");
  const auto command = call_with({{"LD_PRELOAD", EVOBRNN_JUMPING_CLOCK}, {"EVOBRNN_CLOCK", "pause:3600"}},
                                 {"run", "s.toml", "--out", "c", "--set", "evaluator.time_limit=600"});
  EXPECT_EQ(command.code, 0) << command.err;
  for (const auto& trial : trials("c")) EXPECT_EQ(trial.result.status, TrialStatus::ok) << trial.result.cause;
}

TEST_F(Machine, TooLittleMemoryIsRefusedWithTheFigureAndDoctorSaysSo) {
  write("n.toml", small_search());
  for (const std::string limit : {"ulimit -v 800000", "ulimit -d 400000"}) {
    const auto refused = call_after(limit, {"train", "n.toml", "--out", "t"});
    EXPECT_EQ(refused.code, 2) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("too little memory to train with 1 worker"));
    EXPECT_THAT(refused.err, HasSubstr(limit.substr(0, 9)));
    EXPECT_THAT(refused.err, HasSubstr("are needed there"));
    EXPECT_FALSE(fs::exists(folder() / "t"));
    EXPECT_EQ(call_after(limit, {"run", "n.toml", "--out", "r"}).code, 2);
    const auto doctor = call_after(limit, {"doctor"});
    EXPECT_EQ(doctor.code, 1) << doctor.out;
    EXPECT_THAT(doctor.out, HasSubstr("little memory is left in"));
  }
}

TEST_F(Machine, ADataFileThatIsReplacedEndsTheRun) {
  const auto data = [this](const std::string& name, int shift) {
    std::string text =
        "@problemName own\n@univariate true\n@equalLength true\n@seriesLength 4\n@classLabel true a b\n@data\n";
    for (int i = 0; i < 40; ++i)
      text += std::to_string(i % 2) + "," + std::to_string((i * 7 + shift) % 5) + ",1,2:" + (i % 2 ? "a\n" : "b\n");
    write(name, text);
  };
  data("data.ts", 0);
  write("n.toml",
        "name = \"d\"\n[model]\nn = 8\n[task]\nname = \"sequences\"\nfile = \"data.ts\"\nvalidation_samples = "
        "8\n[train]\n"
        "batch = 4\nsamples = 40\n[search]\nstrategy = \"random\"\npopulation = 4\ngenerations = "
        "100000\n[final]\nseeds = 0\n"
        "[genes]\nmodel.dt = { low = 0.1, high = 0.9 }\n");
  for (const std::string isolation : {"thread", "process"}) {
    data("data.ts", 0);
    const auto run = start({"run", "n.toml", "--data", ".", "--out", isolation, "--isolation", isolation, "--json"});
    while (read(scratch_ / "out").find("\"event\":\"generation\"") == std::string::npos &&
           waitpid(run, nullptr, WNOHANG) == 0)
      sched_yield();
    data("other.ts", 1);
    fs::rename(folder() / "other.ts", folder() / "data.ts");
    for (const auto child : children(run)) ::kill(child, SIGKILL);  // their successors read the new file
    const auto ended = wait_for(run);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("data.ts was changed while the run was under way"));
    EXPECT_THAT(call({"resume", isolation}).err, HasSubstr("data.ts has other bytes"));
    EXPECT_NE(call({"verify", isolation, "--trials", "0"}).code, 0);
    data("data.ts", 0);
    EXPECT_EQ(call({"verify", isolation, "--trials", "20"}).code, 0) << "all trials are of the first file";
    data("data.ts", 1);
  }
}

TEST_F(Machine, AScriptThatIsReplacedEndsTheRunAndOneThatIsWrittenAgainDoesNot) {
  // The third trial replaces the script, as somebody at an editor would.
  search(
      "echo x >> n; if [ $(wc -l < n) = 3 ]; then sed s/7/8/ o.sh > t; chmod +x t; mv t o.sh; fi; echo '{\"score\": "
      "7}'");
  const auto ended = call({"run", "s.toml", "--out", "r", "--workers", "1"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("o.sh was changed while the run was under way"));
  EXPECT_EQ(trials("r").size(), 2U);
  EXPECT_THAT(call({"resume", "r"}).err, HasSubstr("o.sh has other bytes"));

  search("echo x >> m; if [ $(wc -l < m) = 3 ]; then cp o.sh t; mv t o.sh; fi; echo '{\"score\": 7}'");
  const auto again = call({"run", "s.toml", "--out", "again", "--workers", "1"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(trials("again").size(), 4U);
  EXPECT_EQ(read(folder() / "m").size(), 10U) << "one trial was evaluated twice";
}

TEST_F(Machine, ClosedStreamsAreOpenedOnNothing) {
  search("echo '{\"score\": 1}'; echo talk >&2");
  const auto outcome = call_after("exec <&- >&- 2>&-", {"run", "s.toml", "--out", "r"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(read(folder() / "r/lock"), "") << "nothing was printed into it";
  EXPECT_EQ(trials("r").size(), 4U);
  EXPECT_EQ(call({"verify", "r"}).code, 0);
}

TEST_F(Machine, SignalsThatTheParentIgnoredStayIgnored) {
  const Fifo begun(folder() / "begun"), go(folder() / "go");
  search("kill -INT $$; kill -HUP $$; echo > begun; read x < go; echo '{\"score\": 1}'", 1);
  std::vector<std::string> words{"-c", "trap '' INT HUP; exec \"$0\" run s.toml --out r", EVOBRNN_PROGRAM};
  const auto program = start(words, "/bin/sh");
  begun.wait();
  kill(program, SIGINT);
  kill(program, SIGHUP);
  std::ofstream(folder() / "go") << "\n" << std::flush;
  EXPECT_EQ(wait_for(program).code, 0);
  EXPECT_EQ(trials("r").at(0).result.status, TrialStatus::ok);
}

TEST_F(Machine, ChildrenAreSeenToEndWhereTheParentIgnoredThat) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);  // a shell's trap does not reach those it starts
  search("kill -SEGV $$", 1);
  const auto command = start({"run", "s.toml", "--out", "c"});
  write("n.toml", small_search());
  const auto network = start({"run", "n.toml", "--out", "n", "--isolation", "process", "--set", "search.generations=1",
                              "--set", "final.seeds=0"});
  ::signal(SIGCHLD, before);
  wait_for(command);
  EXPECT_EQ(trials("c").at(0).result.cause, "ended by SIGSEGV (Segmentation fault)");
  EXPECT_EQ(wait_for(network).code, 0);
}

TEST_F(Machine, ADumbTerminalGetsNoEscapeCodes) {
  search("echo '{\"score\": 1}'", 1);
  for (const std::string kind : {"dumb", "xterm"}) {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(terminal, 0);
    ASSERT_EQ(::grantpt(terminal), 0);
    ASSERT_EQ(::unlockpt(terminal), 0);
    const std::string name = ::ptsname(terminal);
    const int held = ::open(name.c_str(), O_RDWR | O_NOCTTY);  // so that what was written stays to be read
    const auto outcome = call_after("TERM=" + kind + "; export TERM; exec > " + name, {"run", "s.toml", "--out", kind});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::string shown;
    std::array<char, 4096> bytes{};
    ::fcntl(terminal, F_SETFL, O_NONBLOCK);
    for (ssize_t size = 0; (size = ::read(terminal, bytes.data(), bytes.size())) > 0;)
      shown.append(bytes.data(), static_cast<std::size_t>(size));
    ::close(held);
    ::close(terminal);
    EXPECT_EQ(shown.find('\x1b') == std::string::npos, kind == "dumb") << shown;
    EXPECT_THAT(shown, HasSubstr("champion"));
  }
}

TEST_F(Machine, AnEmptyFolderIsUsedAndAPathThatIsTooLongIsSaidToBe) {
  search("echo '{\"score\": 1}'");
  fs::create_directories(folder() / "there");
  EXPECT_EQ(call({"run", "s.toml", "--out", "there"}).code, 0);
  EXPECT_EQ(call({"verify", "there"}).code, 0);
  EXPECT_THAT(call({"run", "s.toml", "--out", "there"}).err, HasSubstr("exists already"));
  fs::create_directories(folder() / "real");
  fs::create_directory_symlink("real", folder() / "link");  // a folder that cannot be replaced
  EXPECT_EQ(call({"run", "s.toml", "--out", "link"}).code, 0);
  EXPECT_TRUE(fs::is_symlink(folder() / "link"));
  EXPECT_EQ(call({"verify", "real"}).code, 0);
  write("n.toml", small_search());
  fs::create_directories(folder() / "trained");
  EXPECT_EQ(call({"train", "n.toml", "--out", "trained"}).code, 0);
  const auto refused = call({"run", "s.toml", "--out", std::string(300, 'x')});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("File name too long"));
  EXPECT_THAT(refused.err, Not(HasSubstr("filesystem error")));
}

/// A run of somebody who lets others read it, and no more.
class OthersRun : public Machine {
 protected:
  /// As a user who is not above permissions.
  Outcome call_as_other(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all",
                                   EVOBRNN_PROGRAM};
    if (::geteuid() != 0) return call(arguments);
    words.insert(words.end(), arguments.begin(), arguments.end());
    return wait_for(start(words, "/usr/bin/setpriv"));
  }

  void protect(const std::string& run) const {
    for (const auto& entry : fs::recursive_directory_iterator(folder() / run))
      fs::permissions(entry.path(), fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write,
                      fs::perm_options::remove);
    fs::permissions(folder() / run, fs::perms::owner_write, fs::perm_options::remove);
  }
  void TearDown() override {
    for (const auto& entry : fs::directory_iterator(folder()))
      if (entry.is_directory()) fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
  }
};

TEST_F(OthersRun, IsReadAsOnAReadOnlyDisk) {
  search("echo '{\"score\": 1}'");
  ASSERT_EQ(call({"run", "s.toml", "--out", "r"}).code, 0);
  protect("r");
  EXPECT_THAT(call_as_other({"status", "r"}).out, HasSubstr("r: complete"));
  EXPECT_THAT(call_as_other({"verify", "r", "--trials", "0"}).out, HasSubstr("nothing is wrong"));
  EXPECT_THAT(call_as_other({"export", "r"}).out, HasSubstr("\n4,"));
  EXPECT_EQ(call_as_other({"report", "r", "--out", "page.html"}).code, 0);
  EXPECT_EQ(call_as_other({"diff", "r", "r"}).code, 0);
  EXPECT_THAT(call_as_other({"report", "r"}).err, HasSubstr("report.html"));
}

TEST_F(OthersRun, AFolderInThePathThatCannotBeLookedIntoIsPassedOver) {
  write("o.sh", "echo '{\"score\": 1}'\n");
  write("s.toml",
        "name = \"p\"\n[evaluator]\ncommand = [\"sh\", \"o.sh\"]\n[search]\npopulation = 2\ngenerations = 1\n[final]\n"
        "seeds = 0\n[genes]\nx = { low = 0.1, high = 1.0 }\n");
  fs::create_directory(folder() / "private");
  fs::permissions(folder() / "private", fs::perms::none);
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", ((folder() / "private").string() + ":/usr/bin:/bin").c_str(), 1);
  const auto outcome = call_as_other({"run", "s.toml", "--out", "r"});
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(OthersRun, ThatWasKilledIsReadFromACopyWithItsJournal) {
  search("echo '{\"score\": 1}'");
  ASSERT_EQ(call_with({{"EVOBRNN_FAULT", "after_commit:3"}}, {"run", "s.toml", "--out", "r", "--workers", "1"}).code,
            128 + SIGKILL);
  ASSERT_GT(fs::file_size(folder() / "r/ledger.sqlite-wal"), 0U);
  fs::remove(folder() / "r/ledger.sqlite-shm");  // as in a copy of the folder; with it SQLite needs no other
  protect("r");
  const auto outcome = call_as_other({"export", "r"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\n2,"));
  EXPECT_THAT(outcome.err, HasSubstr("a copy of both is read"));
}

}  // namespace
}  // namespace evobrnn
