// SPDX-License-Identifier: Apache-2.0
/// What a command prints arrives, or the command has failed; and what it prints of others' texts does no harm.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evolve/ledger_schema.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Output : public Program {
 protected:
  void SetUp() override {
    write("s.toml",
          "name = \"s\"\n[evaluator]\ncommand = [\"echo\", '{\"score\": 1, \"metrics\": {\"lr\": 77, \"samples\": 123, "
          "\"score\": 55}}']\n[search]\nstrategy = \"random\"\npopulation = 3\ngenerations = 1\n[final]\nseeds = 0\n"
          "[genes]\nlr = { low = 0.1, high = 1.0 }\nsteps = { low = 10, high = 20 }\nseed = { low = 1, high = 5 }\n");
    write("n.toml",
          "[model]\nn = 4\n[task]\nname = \"digits\"\ntrain_samples = 50\nvalidation_samples = 20\ntest_samples = 20\n"
          "[train]\nsamples = 50\n");
    ASSERT_EQ(call({"run", "s.toml", "--out", "r", "--quiet"}).code, 0);
  }

  /// With standard output on this file, which the call closes.
  Outcome call_onto(int file, const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"-c", "exec \"$0\" \"$@\" >&" + std::to_string(file), EVOBRNN_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto child = start(words, "/bin/sh");
    close(file);
    return wait_for(child);
  }

  std::vector<std::string> commands() const {
    std::istringstream lines(call({"--help"}).out);
    std::vector<std::string> names;
    bool listed = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("Subcommands:") || line.starts_with("SUBCOMMANDS:")) listed = true;
      else if (listed && line.starts_with("  ") && line[2] != ' ')
        names.push_back(line.substr(2, line.find(' ', 2) - 2));
      else if (listed && line.empty() && !names.empty()) break;
    }
    return names;
  }
};

/// Every command, so as to print something soon. A new one needs a line here.
const std::map<std::string, std::vector<std::string>> kCalls = {{"run", {"run", "s.toml", "--out", "other"}},
                                                                {"resume", {"resume", "r", "--json"}},
                                                                {"compare", {"compare", "--help"}},
                                                                {"examine", {"examine", "--help"}},
                                                                {"predict", {"predict", "--help"}},
                                                                {"train", {"train", "n.toml", "--out", "trained"}},
                                                                {"check", {"check", "s.toml"}},
                                                                {"bench", {"bench", "--help"}},
                                                                {"list", {"list", "models"}},
                                                                {"data", {"data", "list"}},
                                                                {"diff", {"diff", "r", "r"}},
                                                                {"status", {"status", "r"}},
                                                                {"verify", {"verify", "r", "--trials", "0"}},
                                                                {"replay", {"replay", "r", "1"}},
                                                                {"report", {"report", "r"}},
                                                                {"export", {"export", "r"}},
                                                                {"conformance", {"conformance", "--help"}},
                                                                {"doctor", {"doctor"}},
                                                                {"manual", {"manual"}},
                                                                {"completion", {"completion", "bash"}}};

TEST_F(Output, OnAFullDiskEveryCommandFails) {
  const auto names = commands();
  ASSERT_GT(names.size(), 15U);
  for (const auto& name : names) {
    const auto found = kCalls.find(name);
    if (found == kCalls.end()) {
      // One that was added since: its help, so that none is left out.
      const auto outcome = call_onto(open("/dev/full", O_WRONLY), {name, "--help"});
      EXPECT_EQ(outcome.code, 1) << name;
      continue;
    }
    const auto outcome = call_onto(open("/dev/full", O_WRONLY), found->second);
    EXPECT_EQ(outcome.code, 1) << name << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("error: standard output could not be written: No space left on device")) << name;
  }
  const auto version = call_onto(open("/dev/full", O_WRONLY), {"--version"});
  EXPECT_EQ(version.code, 1);
  EXPECT_TRUE(fs::exists(folder() / "other/champion.json")) << "a search goes on without its spectators";
  EXPECT_TRUE(fs::exists(folder() / "trained/weights/trained.safetensors"));
}

/// Where no more fits behind the first blocks, as on a disk that fills up.
TEST_F(Output, ThatIsCutOffIsAFailure) {
  const std::string limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
  const auto outcome = wait_for(start({"-c", limited, EVOBRNN_PROGRAM, "manual"}, "/bin/sh"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("error: standard output could not be written: File too large"));
  EXPECT_EQ(outcome.out.size(), 8 * 512U);
  const auto exported = call_with({{"LD_PRELOAD", EVOBRNN_FAILING_DISK}, {"EVOBRNN_DISK", "write:ENOSPC:0:t.csv"}},
                                  {"export", "r", "--out", "t.csv"});
  EXPECT_EQ(exported.code, 1);
  EXPECT_FALSE(fs::exists(folder() / "t.csv"));
}

TEST_F(Output, WhoseReaderHasLeftIsNoNews) {
  const auto before = signal(SIGPIPE, SIG_IGN);
  for (const auto& words : {kCalls.at("export"), kCalls.at("manual")}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    close(ends[0]);
    const auto outcome = call_onto(ends[1], words);
    EXPECT_NE(outcome.code, 0) << words[0];
    EXPECT_EQ(outcome.err, "") << words[0];
  }
  signal(SIGPIPE, before);
}

TEST_F(Output, NamesOfUsersAreNoColumnsOfOurs) {
  std::istringstream rows(call({"export", "r"}).out);
  std::string header, row;
  ASSERT_TRUE(std::getline(rows, header) && std::getline(rows, row));
  EXPECT_EQ(header,
            "id,generation,role,repeat,fidelity,seed,parents,status,cause,score,params.lr,params.steps,params.seed,"
            "metrics.lr,metrics.samples,metrics.score,steps,samples,flops,wall_seconds,cpu_seconds,peak_bytes,worker,"
            "started,content,origin");
  EXPECT_THAT(row, HasSubstr(",77.0,123.0,55.0,"));
}

/// Colours, a moved cursor, a C1 control, a changed direction, and bytes that are no UTF-8, in a ledger of someone
/// else.
TEST_F(Output, TextsOfOthersCannotSteerATerminal) {
  const std::string hostile =
      "a\x1b[31mb\xc2\x9b"
      "2Jc\xe2\x80\xae"
      "d\x7f"
      "e\xff"
      "f\ng";
  {
    SQLite::Database ledger(folder() / "r/ledger.sqlite", SQLite::OPEN_READWRITE);
    SQLite::Statement update(ledger, "UPDATE trials SET status = 'crashed', score = NULL, cause = ? WHERE id = 1");
    update.bind(1, hostile);
    update.exec();
    seal_anew(ledger);
  }
  const auto harmless = [](const std::string& text) {
    for (const auto* piece : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\x7f", "\xff"})
      EXPECT_THAT(text, Not(HasSubstr(piece)));
  };
  const auto status = call({"status", "r"});
  EXPECT_EQ(status.code, 0) << status.err;
  harmless(status.out);
  EXPECT_THAT(status.out, HasSubstr("a\\x1b[31mb\\u009b2Jc\\u202ed\\u007fe\\xfff\\ng"));
  const auto state = call({"status", "r", "--json"});
  EXPECT_EQ(state.code, 0) << state.err;
  harmless(state.out);
  EXPECT_EQ(nlohmann::json::parse(state.out).at("failures")[0].at("status"), "crashed");
  harmless(call({"replay", "r", "1"}).out);
  harmless(call({"diff", "r", "r"}).out);
  const auto other = call({"run", "s.toml", "--out", "sound", "--quiet"});
  harmless(call({"diff", "r", "sound"}).out);
  // A file or another program gets the bytes as they are: export's are data.
  EXPECT_THAT(call({"export", "r"}).out, HasSubstr(hostile));
  EXPECT_EQ(call({"export", "r", "--format", "jsonl"}).code, 0);
  const auto missing = call({"status", "nowhere\x1b[31m"});
  harmless(missing.err);
  EXPECT_THAT(missing.err, HasSubstr("nowhere\\x1b[31m"));
}

}  // namespace
}  // namespace evobrnn
