// SPDX-License-Identifier: Apache-2.0
/// Which run folders may run their plugins and their command.
#include <gmock/gmock.h>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Trust : public Program {
 protected:
  Trust() { setenv("XDG_STATE_HOME", (scratch_ / "state").c_str(), 1); }

  void SetUp() override {
    write("evaluate.sh", "echo '{\"score\": 0.5}'\n");
    write("c.toml",
          "name = \"c\"\n[evaluator]\ncommand = [\"/bin/sh\", \"evaluate.sh\"]\n[search]\npopulation = 4\ngenerations "
          "= 1\n[final]\nseeds = 1\n[genes]\nx = { low = 0.0, high = 1.0 }\n");
  }

  Outcome run(const std::string& out) const { return call({"run", "c.toml", "--out", out, "--quiet"}); }
  Outcome replay(const std::string& run, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"replay", run, "1"};
    words.insert(words.end(), more.begin(), more.end());
    return call(words);
  }
};

TEST_F(Trust, WhatThisUserStartedIsTrusted) {
  ASSERT_EQ(run("r").code, 0);
  const auto again = replay("r");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(call({"resume", "r", "--quiet", "--set", "search.generations=2"}).code, 0);
  EXPECT_THAT(call({"trust"}).out, HasSubstr((folder() / "r").string()));
}

TEST_F(Trust, ACopyAChangedCommandAndAnotherRunAreNot) {
  ASSERT_EQ(run("r").code, 0);
  fs::copy(folder() / "r", folder() / "copy", fs::copy_options::recursive);
  EXPECT_EQ(replay("copy").code, 2) << "its id is that of another folder";
  fs::rename(folder() / "r", folder() / "away");
  fs::rename(folder() / "copy", folder() / "r");
  EXPECT_EQ(replay("r").code, 0) << "the same at the same place";
  auto settings = read(folder() / "r/experiment.toml");
  settings.replace(settings.find("\"/bin/sh\""), 9, "\"/bin/bash\"");
  write("r/experiment.toml", settings);
  EXPECT_THAT(replay("r").err,
              AllOf(HasSubstr("command [\"/bin/bash\", \"evaluate.sh\"]"), HasSubstr("nothing was run")));
  settings.replace(settings.find("\"/bin/bash\""), 11, "\"/bin/sh\"");
  write("r/experiment.toml", settings);
  EXPECT_EQ(replay("r").code, 0);
  write("evaluate.sh", "echo '{\"score\": 0.7}'\n");
  EXPECT_EQ(replay("r").code, 1) << "a script of this user's elsewhere is run, and its result is another";
  write("r/trust.id", "0123456789abcdef0123456789abcdef\n");
  write("evaluate.sh", "echo '{\"score\": 0.5}'\n");
  EXPECT_EQ(replay("r").code, 2) << "another run took its place";
}

TEST_F(Trust, IsGivenListedAndTakenBack) {
  ASSERT_EQ(run("r").code, 0);
  fs::rename(folder() / "r", folder() / "b");
  EXPECT_EQ(replay("b").code, 2);
  EXPECT_EQ(replay("b", {"--trust"}).code, 0);
  EXPECT_EQ(replay("b").code, 2) << "once";
  const auto given = call({"trust", "b"});
  EXPECT_EQ(given.code, 0) << given.err;
  EXPECT_THAT(given.out, HasSubstr("command [\"/bin/sh\", \"evaluate.sh\"]"));
  EXPECT_EQ(replay("b").code, 0);
  EXPECT_THAT(call({"trust", "--list"}).out, AllOf(HasSubstr("/b\n"), HasSubstr("/r  (is not there any more)")));
  EXPECT_THAT(call({"trust", "--remove", "b", "r"}).out, HasSubstr("b is not trusted any more"));
  EXPECT_EQ(replay("b").code, 2);
  EXPECT_THAT(call({"trust"}).out, HasSubstr("no run is trusted"));
  EXPECT_EQ(call({"trust", "nowhere"}).code, 2);
  EXPECT_EQ(call({"trust", "--remove"}).code, 2);
}

TEST_F(Trust, WithoutAStateFolderRunsWorkAndLaterAskForTheOption) {
  write("no_folder", "");
  for (const auto& state : {(folder() / "no_folder").string(), std::string("relative")}) {
    fs::remove_all(folder() / "r");
    const Variables variables{{"XDG_STATE_HOME", state}, {"HOME", "also_relative"}};
    const auto made = call_with(variables, {"run", "c.toml", "--out", "r", "--quiet"});
    EXPECT_EQ(made.code, 0);
    EXPECT_THAT(made.err, HasSubstr("warning: that this run is yours could not be kept"));
    const auto again = call_with(variables, {"replay", "r", "1"});
    EXPECT_EQ(again.code, 2);
    EXPECT_THAT(again.err, HasSubstr("--trust"));
    EXPECT_EQ(call_with(variables, {"replay", "r", "1", "--trust"}).code, 0);
    EXPECT_THAT(call_with(variables, {"status", "r"}).out, HasSubstr("complete"));
  }
}

TEST_F(Trust, ARunInTheBackgroundNeedsNoStateFolder) {
  const auto started = call_with({{"XDG_STATE_HOME", "relative"}, {"HOME", "relative"}},
                                 {"run", "c.toml", "--out", "r", "--quiet", "--detach"});
  EXPECT_EQ(started.code, 0) << started.err;
  EXPECT_THAT(started.out, HasSubstr("runs in the background"));
  EXPECT_EQ(call({"status", "r", "--follow"}).code, 0);
}

TEST_F(Trust, ARunIsReadWithoutItsPlugin) {
  fs::copy_file(EVOBRNN_OWN_MODEL, folder() / "own.so");
  const auto made = call({"run", std::string(EVOBRNN_SOURCE) + "/examples/own_model/search.toml", "--plugin", "own.so",
                          "--out", "r", "--quiet"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto page = [&](const std::string& name) { return call({"report", "r", "--out", name}); };
  ASSERT_EQ(call({"report", "r", "--out", "with.html", "--plugin", "own.so"}).code, 0);
  const auto exported = call({"export", "r"}).out, status = call({"status", "r"}).out;
  fs::rename(folder() / "own.so", folder() / "moved.so");
  EXPECT_EQ(call({"export", "r"}).out, exported);
  EXPECT_EQ(call({"status", "r"}).out, status);
  EXPECT_THAT(status, AllOf(HasSubstr("complete"), HasSubstr("model.adaptation")));
  EXPECT_EQ(page("without.html").code, 0);
  EXPECT_EQ(read(folder() / "without.html"), read(folder() / "with.html")) << "the ledger and the text are enough";
  const auto verified = call({"verify", "r", "--trials", "0"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(call({"diff", "r", "r"}).code, 0);
  const auto checked = call({"check", "r/experiment.toml"});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.out, AllOf(HasSubstr("adaptive on digits"), HasSubstr("not checked: what only")));
  EXPECT_EQ(replay("r").code, 2) << "it is not the plugin that was trusted";
  fs::rename(folder() / "moved.so", folder() / "own.so");
  EXPECT_EQ(replay("r").code, 0);
}

}  // namespace
}  // namespace evobrnn
