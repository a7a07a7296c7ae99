// SPDX-License-Identifier: Apache-2.0
/// The real program: resume with changes, extending from old runs, and one writer.
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "evolve/ledger.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Resume : public Program {
 protected:
  void SetUp() override { write("s.toml", small_search()); }
  Outcome run(const std::string& out, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", "s.toml", "--out", out, "--quiet"});
    return call(more);
  }
};

TEST_F(Resume, MoreGenerationsOfAFinishedRunEndAsIfItHadBeenStartedWithThem) {
  ASSERT_EQ(run("longer", {"--set", "search.generations=5", "--set", "final.seeds=3"}).code, 0);
  ASSERT_EQ(run("grown").code, 0);
  const auto resumed = call({"resume", "grown", "--set", "search.generations=5", "--set", "final.seeds=3"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(call({"diff", "longer", "grown"}).code, 0) << call({"diff", "longer", "grown"}).out;
  EXPECT_EQ(read(folder() / "longer/experiment.toml"), read(folder() / "grown/experiment.toml"));
  // The final tests of before are taken back where they come up again: the default settings' first two at least.
  const Ledger ledger(folder() / "grown/ledger.sqlite", Ledger::Access::read);
  std::set<std::string> origins;
  for (const auto& trial : ledger.trials()) origins.insert(trial.origin);
  EXPECT_EQ(origins, std::set<std::string>{""}) << "these were all trained here";
  EXPECT_THAT(resumed.out, HasSubstr(" known before"));
}

TEST_F(Resume, AChangeThatIsKilledHalfWayLeavesTheRunAsItWas) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(run("half").code, 0);
  // Final tests are set aside, experiment.toml is the old one.
  const auto killed =
      call_with({{"EVOBRNN_FAULT", "after_commit:1"}}, {"resume", "half", "--set", "search.generations=5"});
  ASSERT_EQ(killed.code, 128 + SIGKILL);
  const auto before = read(folder() / "half/experiment.toml");
  EXPECT_EQ(before, read(folder() / "whole/experiment.toml"));
  ASSERT_EQ(call({"resume", "half"}).code, 0);
  EXPECT_EQ(call({"diff", "whole", "half"}).code, 0) << call({"diff", "whole", "half"}).out;
}

TEST_F(Resume, AChangeThatMakesAnotherRunIsRefusedWithBothValuesAndChangesNothing) {
  ASSERT_EQ(run("r").code, 0);
  const auto before = read(folder() / "r/experiment.toml"), ledger = read(folder() / "r/ledger.sqlite");
  const auto refused =
      call({"resume", "r", "--set", "search.population=8", "--set", "train.lr=0.5", "--set", "search.generations=2",
            "--set", "run.workers=1", "--set", "seed=5", "--set", "task.noise=0.2", "--set", "genes.model.dt.low=0.2"});
  EXPECT_EQ(refused.code, 2);
  for (const auto* line :
       {"search.population: 6 → 8: makes it another run", "train.lr: 0.02 → 0.5: makes it another run",
        "search.generations: 3 → 2: can only grow", "run.workers: 0 → 1: could change",
        "seed: 4 → 5: makes it another run", "task.noise: 0.15 → 0.2", "--extend-from r"})
    EXPECT_THAT(refused.err, HasSubstr(line));
  EXPECT_THAT(refused.err, HasSubstr("genes.model.dt: { low = 0.1, high = 0.9 } → { low = 0.2, high = 0.9 }"));
  EXPECT_THAT(call({"resume", "r", "--set", "search.strategy=random"}).err,
              HasSubstr("search.strategy: \"ga\" → random: makes it another run"));
  EXPECT_THAT(call({"resume", "r", "--set", "search.generation=9"}).err, HasSubstr("did you mean search.generations?"));
  EXPECT_EQ(read(folder() / "r/experiment.toml"), before);
  EXPECT_TRUE(read(folder() / "r/ledger.sqlite") == ledger);
}

TEST_F(Resume, SettingsThatChangeNoResultAreWrittenAndChangeNone) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(run("r").code, 0);
  ASSERT_EQ(call({"resume", "r", "--set", "name=other", "--set", "train.time_limit=1000", "--workers", "1"}).code, 0);
  const auto toml = read(folder() / "r/experiment.toml");
  for (const auto* line : {"name = \"other\"", "workers = 1\n", "time_limit = 1000.0"})
    EXPECT_THAT(toml, HasSubstr(line));
  EXPECT_EQ(call({"diff", "whole", "r"}).code, 0);
}

TEST_F(Resume, APolicyChangesOnlyWhereNoFinishedTrialFellUnderIt) {
  ASSERT_EQ(run("whole").code, 0);
  // Aborted by a failure: nothing of it is stored, so that another policy makes a run as if it had been there before.
  setenv("EVOBRNN_INJECT", "throw=0.2", 1);
  const auto aborted = run("r", {"--set", "failures.crashed=abort"});
  EXPECT_EQ(aborted.code, 1) << aborted.out;
  ASSERT_EQ(run("expected").code, 0);
  EXPECT_EQ(call({"resume", "r", "--quiet", "--set", "failures.crashed=penalise"}).code, 0);
  EXPECT_EQ(call({"diff", "expected", "r"}).code, 0) << call({"diff", "expected", "r"}).out;
  // Now it holds crashed trials, and of no other kind.
  const auto before = read(folder() / "r/experiment.toml");
  for (const std::string policy : {"gentler", "retry", "abort"}) {
    const auto refused = call({"resume", "r", "--set", "failures.crashed=" + policy});
    EXPECT_EQ(refused.code, 2) << policy;
    EXPECT_THAT(refused.err, HasSubstr(" ended as crashed under the policies of before"));
    EXPECT_THAT(refused.err, HasSubstr("--extend-from r"));
  }
  EXPECT_EQ(read(folder() / "r/experiment.toml"), before);
  EXPECT_EQ(call({"resume", "r", "--quiet", "--set", "failures.diverged=gentler"}).code, 0);
  EXPECT_THAT(read(folder() / "r/experiment.toml"), HasSubstr("diverged = \"gentler\""));
  unsetenv("EVOBRNN_INJECT");
}

TEST_F(Resume, ARunOfVersion1GoesOnWithoutTrainingAnythingAgain) {
  const fs::path fixtures = EVOBRNN_FIXTURES;
  fs::create_directories(folder() / "old/weights");
  fs::copy_file(fixtures / "version1.sqlite", folder() / "old/ledger.sqlite");
  fs::copy_file(fixtures / "version1.toml", folder() / "old/experiment.toml");
  const auto resumed = call({"resume", "old", "--json"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("\"reused\":28"));
  EXPECT_THAT(resumed.out, Not(HasSubstr("\"event\":\"trial\""))) << "trained again";
  EXPECT_TRUE(fs::exists(folder() / "old/weights/champion.safetensors"));
  const Ledger ledger(folder() / "old/ledger.sqlite", Ledger::Access::read);
  EXPECT_EQ(ledger.trials().size(), 34U);
  for (const auto& generation : ledger.generations()) {
    EXPECT_TRUE(generation.finished) << generation.generation;
    EXPECT_FALSE(generation.proposals.empty()) << generation.generation;
  }
}

TEST_F(Resume, ASecondProcessIsRefusedUntilTheFirstIsDead) {
  const auto child = start({"run", "s.toml", "--out", "r", "--quiet", "--set", "search.generations=1000"});
  while (!fs::exists(folder() / "r") && waitpid(child, nullptr, WNOHANG) == 0) sched_yield();
  const auto refused = call({"resume", "r"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("r is in use by process " + std::to_string(child) + " on "));
  EXPECT_THAT(refused.err, HasSubstr(", since 20"));
  kill(child, SIGKILL);
  wait_for(child);
  EXPECT_THAT(call({"resume", "r", "--set", "seed=5"}).err, HasSubstr("makes it another run")) << "past the lock";
}

class Extend : public Resume {};

TEST_F(Extend, ANewRunBeginsWithTheBestAndTakesOverWhatIsTheSame) {
  ASSERT_EQ(run("old").code, 0);
  ASSERT_EQ(run("other", {"--seed", "5"}).code, 0);
  const auto extended = call({"run", "s.toml", "--out", "new", "--json", "--extend-from", "old", "other"});
  ASSERT_EQ(extended.code, 0) << extended.err;
  const Ledger old_ledger(folder() / "old/ledger.sqlite", Ledger::Access::read),
      other_ledger(folder() / "other/ledger.sqlite", Ledger::Access::read),
      ledger(folder() / "new/ledger.sqlite", Ledger::Access::read);
  double best = 0;
  for (const auto* source : {&old_ledger, &other_ledger}) {
    for (const auto& trial : source->trials()) {
      if (trial.generation >= 0) best = std::max(best, trial.result.score);
    }
  }
  int taken = 0;
  for (const auto& trial : ledger.trials()) {
    if (trial.id == 1 && !trial.origin.empty()) {
      EXPECT_EQ(trial.result.score, best) << "the best comes first";
    }
    if (trial.origin.empty()) continue;
    ++taken;
    // The same seed only: the other run's trials would not have these bits.
    ASSERT_TRUE(trial.origin.starts_with("old trial ")) << trial.origin;
    const auto source = old_ledger.find(trial.key);
    ASSERT_TRUE(source);
    EXPECT_EQ("old trial " + std::to_string(source->id), trial.origin);
    EXPECT_EQ(source->result.score, trial.result.score);
    EXPECT_EQ(source->content, trial.content);
  }
  EXPECT_GT(taken, 0);
  EXPECT_THAT(read(folder() / "new/genomes.csv"), HasSubstr("model.dt,model.n\n"));
  // What was taken over has the bits that training gives: the same first individuals without the old run's trials.
  ASSERT_EQ(run("trained", {"--genomes", "new/genomes.csv"}).code, 0);
  EXPECT_EQ(call({"diff", "new", "trained"}).code, 0) << call({"diff", "new", "trained"}).out;
  EXPECT_TRUE(read(folder() / "new/weights/champion.safetensors") ==
              read(folder() / "trained/weights/champion.safetensors"));
}

TEST_F(Extend, SpacesThatDoNotFitAreRefusedGeneByGene) {
  ASSERT_EQ(run("old").code, 0);
  auto text = small_search("", "model.gain = { low = 1.0, high = 5.0 }\n");
  text.replace(text.find("model.dt = { low = 0.1, high = 0.9 }"), 36, "model.dt = { values = [0.1, 0.2] }");
  const auto refused = call({"run", write("t.toml", text), "--out", "new", "--extend-from", "old"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("model.gain: is no gene of old"));
  EXPECT_THAT(refused.err, HasSubstr("model.dt: a real number in old, and one of its values here"));
  EXPECT_FALSE(fs::exists(folder() / "new"));
  EXPECT_EQ(run("new", {"--extend-from", "absent"}).code, 2);
}

/// Two sequence files of the same form in a folder each, with other values.
class DataOfARun : public Resume {
 protected:
  void SetUp() override {
    for (const std::string name : {"one", "two", "copy"}) {
      fs::create_directories(folder() / name);
      std::string text = "@problemName Bumps\n@timestamps false\n@univariate true\n@classLabel true a b\n@data\n";
      for (int i = 0; i < 40; ++i) {
        for (int t = 0; t < 8; ++t)
          text += (t ? "," : "") + std::to_string((i % 2 ? t : 8 - t) + 0.01 * i + (name == "two" ? 0.005 : 0));
        text += i % 2 ? ":a\n" : ":b\n";
      }
      write(name + "/bumps.ts", text);
    }
    write("s.toml",
          "name = \"bumps\"\n[model]\nn = 8\n[task]\nname = \"sequences\"\nfile = \"bumps.ts\"\nvalidation_samples = "
          "8\n[train]\nbatch = "
          "5\nsamples = 20\n[search]\npopulation = 5\ngenerations = 2\n[final]\nseeds = 1\n[genes]\nmodel.dt = { low "
          "= 0.1, high = 0.9 }\n");
  }
  std::size_t taken_over(const std::string& run) const {
    std::size_t count = 0;
    const Ledger ledger(folder() / run / "ledger.sqlite", Ledger::Access::read);
    for (const auto& trial : ledger.trials()) count += !trial.origin.empty();
    return count;
  }
};

TEST_F(DataOfARun, AreToldApartByTheirBytesAndNotByTheirFolder) {
  ASSERT_EQ(run("old", {"--data", "one"}).code, 0);
  const auto same = run("same", {"--data", "copy", "--extend-from", "old"});
  ASSERT_EQ(same.code, 0) << same.err;
  EXPECT_GT(taken_over("same"), 0U);
  EXPECT_EQ(same.err, "");
  const auto other = run("other", {"--data", "two", "--extend-from", "old"});
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(taken_over("other"), 0U);
  EXPECT_THAT(other.err, HasSubstr("old: its genomes are taken, not its results"));
  EXPECT_THAT(other.err, HasSubstr("data: bumps.ts has other bytes"));
  auto provenance = nlohmann::json::parse(read(folder() / "old/provenance.json"));
  provenance.erase("data");  // as runs of older versions
  write("old/provenance.json", provenance.dump());
  const auto unknown = run("unknown", {"--data", "one", "--extend-from", "old"});
  EXPECT_THAT(unknown.err, HasSubstr("data: it keeps no checksums of them"));
  EXPECT_EQ(taken_over("unknown"), 0U);
}

TEST_F(DataOfARun, StayTheSameWhenItGoesOn) {
  ASSERT_EQ(run("r", {"--data", "one"}).code, 0);
  EXPECT_EQ(call({"resume", "r", "--quiet", "--data", "copy"}).code, 0);
  const auto refused = call({"resume", "r", "--data", "two"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("r: its data are not those that it was started with (bumps.ts has other bytes)"));
  EXPECT_EQ(call({"verify", "r"}).code, 0);
  const auto verified = call({"verify", "r", "--data", "two"});
  EXPECT_EQ(verified.code, 1);
  EXPECT_THAT(verified.out, HasSubstr("wrong: data: not those that the run was started with: bumps.ts"));
}

TEST_F(Extend, AnotherBuildGivesGenomesButNoResults) {
  ASSERT_EQ(run("old").code, 0);
  auto provenance = nlohmann::json::parse(read(folder() / "old/provenance.json"));
  provenance["libtorch"] = "1.12.0";
  write("old/provenance.json", provenance.dump());
  const auto extended = run("new", {"--extend-from", "old"});
  EXPECT_EQ(extended.code, 0);
  EXPECT_THAT(extended.err, HasSubstr("libtorch: 1.12.0, "));
  const Ledger ledger(folder() / "new/ledger.sqlite", Ledger::Access::read);
  for (const auto& trial : ledger.trials()) EXPECT_EQ(trial.origin, "");
  EXPECT_TRUE(fs::exists(folder() / "new/genomes.csv"));
}

}  // namespace
}  // namespace evobrnn
