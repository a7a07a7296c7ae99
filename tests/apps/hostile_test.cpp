// SPDX-License-Identifier: Apache-2.0
/// A run folder that somebody else has made: with a library and a command that leave a mark when they are run, and
/// links in place of every file that some command writes. Looking at it runs nothing and writes nowhere else.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <map>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class HostileFolder : public Program {
 protected:
  HostileFolder() { setenv("XDG_STATE_HOME", (scratch_ / "state").c_str(), 1); }

  void SetUp() override {
    setenv("EVOBRNN_MARK", mark().c_str(), 1);
    write("s.toml", small_search());
    ASSERT_EQ(call({"run", "s.toml", "--out", "clean", "--quiet", "--set", "search.generations=1"}).code, 0);
    fs::copy(folder() / "clean", folder() / "r", fs::copy_options::recursive);
    fs::create_directory(folder() / "outside");
    before_ = outside();
  }
  ~HostileFolder() override { unsetenv("EVOBRNN_MARK"); }

  fs::path mark() const { return scratch_ / "mark"; }
  fs::path run() const { return scratch_ / "r"; }

  /// A file outside for each name, and a link to it in the run folder in the name's place.
  void plant_links(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      auto victim = name;
      std::replace(victim.begin(), victim.end(), '/', '_');
      write("outside/" + victim, "precious");
      fs::remove_all(run() / name);
      fs::create_directories((run() / name).parent_path());
      fs::create_symlink(folder() / "outside" / victim, run() / name);
    }
    before_ = outside();
  }

  std::map<std::string, std::string> outside() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder() / "outside"))
      files[entry.path().string()] = entry.is_regular_file() ? read(entry.path()) : "";
    return files;
  }

  void plant_plugin() const {
    fs::copy_file(EVOBRNN_HOSTILE_PLUGIN, run() / "planted.so");
    auto settings = read(run() / "experiment.toml");
    const std::string none = "plugins = []";
    settings.replace(settings.find(none), none.size(), "plugins = [\"planted.so\"]");
    write("r/experiment.toml", settings);
  }

  /// Every command that looks at a run, and those that would have to run its code.
  static std::vector<std::vector<std::string>> looking() {
    return {{"status", "r"},
            {"status", "r", "--json"},
            {"report", "r", "--out", "page.html"},
            {"report", "r"},
            {"export", "r"},
            {"export", "r", "--out", "trials.csv"},
            {"diff", "r", "clean"},
            {"check", "r/experiment.toml"},
            {"verify", "r", "--trials", "0"}};
  }
  static std::vector<std::vector<std::string>> running() {
    return {{"verify", "r"},
            {"replay", "r", "1"},
            {"examine", "r", "--no-training", "--quiet"},
            {"resume", "r", "--quiet"},
            {"resume", "r", "--quiet", "--detach"},
            {"train", "r/experiment.toml", "--out", "t", "--quiet"}};
  }

  void expect_untouched(const std::vector<std::string>& command) const {
    EXPECT_FALSE(fs::exists(mark())) << "run by " << command.front();
    EXPECT_EQ(outside(), before_) << "written to by " << command.front();
  }

  std::map<std::string, std::string> before_;
};

TEST_F(HostileFolder, APlantedPluginIsNeverLoadedUnasked) {
  plant_plugin();
  for (const auto& command : looking()) {
    const auto outcome = call(command);
    EXPECT_EQ(outcome.code, 0) << command.front() << outcome.out << outcome.err;
    expect_untouched(command);
  }
  for (const auto& command : running()) {
    const auto outcome = call(command);
    EXPECT_EQ(outcome.code, 2) << command.front() << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("planted.so")) << command.front();
    EXPECT_THAT(outcome.err, HasSubstr("evobrnn trust r, or this once: --trust")) << command.front();
    expect_untouched(command);
  }
  write("s2.toml", small_search("", ""));
  const auto extended =
      call({"run", "s2.toml", "--out", "x", "--quiet", "--extend-from", "r", "--set", "search.generations=1"});
  EXPECT_EQ(extended.code, 0) << extended.err;
  expect_untouched({"run --extend-from"});
  // The test itself can see it: asked for, it is loaded, and refused for what it is only then.
  EXPECT_THAT(call({"replay", "r", "1", "--trust"}).err, HasSubstr("is no plugin of evobrnn"));
  EXPECT_TRUE(fs::exists(mark()));
}

TEST_F(HostileFolder, APlantedPluginOfAComparisonIsNotLoadedEither) {
  fs::copy_file(EVOBRNN_HOSTILE_PLUGIN, run() / "planted.so");
  fs::remove(run() / "ledger.sqlite");
  fs::remove(run() / "provenance.json");
  write("r/comparison.toml", "name = \"c\"\nplugins = [\"planted.so\"]\n[compare]\nrepeats = 2\n");
  const auto outcome = call({"resume", "r"});
  EXPECT_EQ(outcome.code, 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("planted.so, SHA-256 "));
  expect_untouched({"resume"});
}

TEST_F(HostileFolder, APlantedCommandIsNeverStartedUnasked) {
  write("c.toml",
        "name = \"c\"\n[evaluator]\ncommand = [\"/bin/sh\", \"evaluate.sh\"]\nfolder = \"r\"\n[search]\npopulation = "
        "4\ngenerations = 1\n[final]\nseeds = 1\n[genes]\nx = { low = 0.0, high = 1.0 }\n");
  write("r/evaluate.sh", "echo '{\"score\": 0.5}'\n");
  const auto made = call({"run", "c.toml", "--out", "c", "--quiet"});
  ASSERT_EQ(made.code, 0) << made.err;
  fs::remove_all(run());
  fs::rename(folder() / "c", run());  // at another place it is a folder that nobody has started there
  write("r/evaluate.sh", "echo ran > " + mark().string() + "\necho '{\"score\": 0.5}'\n");
  for (const auto& command : looking()) {
    if (command.front() == "diff") continue;
    const auto outcome = call(command);
    EXPECT_TRUE(outcome.code == 0 || command.front() == "verify") << command.front() << outcome.out << outcome.err;
    expect_untouched(command);
  }
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"verify", "r"}, {"replay", "r", "1"}, {"resume", "r", "--quiet"}}) {
    const auto outcome = call(command);
    EXPECT_EQ(outcome.code, 2) << command.front() << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("command [\"/bin/sh\", \"evaluate.sh\"]")) << command.front();
    expect_untouched(command);
  }
  call({"replay", "r", "1", "--trust"});
  EXPECT_TRUE(fs::exists(mark()));
  EXPECT_EQ(call({"trust", "r"}).code, 0);
  EXPECT_EQ(call({"replay", "r", "1"}).code, 0);
  fs::remove(mark());
  write("r/evaluate.sh", "echo once more > " + mark().string() + "\n");
  EXPECT_EQ(call({"replay", "r", "1"}).code, 2) << "the script in the folder is another now";
  expect_untouched({"replay"});
}

TEST_F(HostileFolder, NothingIsWrittenThroughLinks) {
  plant_links({"report.html", "report.html.new", "log.txt", "trust.id", "experiment.toml.new", "champion.json",
               "weights/champion.safetensors.new", "weights/champion.safetensors.sha256.new", "weights/config.json.new",
               "weights/champion-seed1.safetensors", "weights/champion-seed1.safetensors.sha256",
               "weights/champion-seed2.safetensors", "weights/config.json"});
  const std::vector<std::string> longer{"resume", "r", "--quiet", "--set", "search.generations=2"};
  const std::vector<std::vector<std::string>> commands{{"report", "r"},
                                                       {"resume", "r", "--quiet", "--detach"},
                                                       longer,
                                                       {"examine", "r", "--no-training", "--quiet"},
                                                       {"verify", "r"}};
  for (const auto& command : commands) {
    const auto outcome = call(command);
    if (command == longer) {
      EXPECT_EQ(outcome.code, 0) << "links are replaced: " << outcome.err;
    }
    expect_untouched(command);
  }
  EXPECT_FALSE(fs::is_symlink(run() / "report.html")) << "the page has taken the link's place";
  plant_links({"lock", "ledger.sqlite-wal", "ledger.sqlite-shm", "ledger.sqlite-journal"});
  for (const std::vector<std::string>& command : {std::vector<std::string>{"status", "r"}, {"export", "r"}, longer}) {
    call(command);
    expect_untouched(command);
  }
}

TEST_F(HostileFolder, NothingIsWrittenThroughLinkedFolders) {
  for (const std::string name : {"weights", "checkpoints", "scratch", "examination-quick"}) {
    fs::create_directory(folder() / "outside" / name);
    for (const std::string file : {"champion-seed1.safetensors", "config.json", "champion.safetensors", "trial"})
      write("outside/" + name + "/" + file, "precious");
    fs::remove_all(run() / name);
    fs::create_directory_symlink(folder() / "outside" / name, run() / name);
  }
  before_ = outside();
  EXPECT_THAT(call({"resume", "r", "--quiet", "--set", "search.generations=2"}).err,
              HasSubstr("weights: is a link, and must be a folder"));
  expect_untouched({"resume"});
  fs::remove(run() / "weights");
  fs::copy(folder() / "clean/weights", run() / "weights");
  EXPECT_THAT(call({"examine", "r", "--no-training", "--quiet"}).err, HasSubstr("examination-quick: is a link"));
  expect_untouched({"examine"});
}

TEST_F(HostileFolder, ALinkedLedgerIsRefused) {
  fs::rename(run() / "ledger.sqlite", folder() / "outside/ledger.sqlite");
  fs::create_symlink(folder() / "outside/ledger.sqlite", run() / "ledger.sqlite");
  before_ = outside();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"status", "r"}, {"export", "r"}, {"verify", "r"}, {"resume", "r", "--quiet"}}) {
    EXPECT_NE(call(command).code, 0) << command.front();
    expect_untouched(command);
  }
}

}  // namespace
}  // namespace evobrnn
