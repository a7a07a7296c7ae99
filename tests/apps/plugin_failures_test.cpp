// SPDX-License-Identifier: Apache-2.0
/// Whatever a candidate's model does, before or while it is trained, is its status, and the run goes on.
#include <gmock/gmock.h>

#include "evolve/ledger.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPlugin = EVOBRNN_MISBEHAVING;
const std::string kOrigin = "model misbehaving of plugin " + kPlugin;

class PluginFailures : public Program {
 protected:
  /// A search of every way in which the model fails, one trial each.
  std::string every_way() const {
    return write("s.toml",
                 "name = \"s\"\nseed = 3\nplugins = [\"" + kPlugin +
                     "\"]\n[model]\nname = \"misbehaving\"\nn = 5\n[task]\nname = \"above\"\n[train]\nbatch = "
                     "10\nsamples = 20\n[search]\nstrategy = \"grid\"\n[final]\nseeds = 1\n[genes]\nmodel.fails "
                     "= { values = [\"never\", \"make_int\", \"make_text\", \"make_chars\", \"make_own\", "
                     "\"make_exception\", \"make_memory\", \"make_nothing\", \"unroll_int\", \"step_text\", "
                     "\"step_exception\", \"products_int\", \"products_exception\", \"count_is_nan\", "
                     "\"count_is_negative\", \"count_is_infinite\"] }\n");
  }

  std::map<std::string, TrialResult> results(const std::string& run) const {
    std::map<std::string, TrialResult> results;
    for (const auto& trial : Ledger(folder() / run / "ledger.sqlite", Ledger::Access::read).trials()) {
      const auto begin = trial.key.genome.find(":\"") + 2;
      if (trial.key.role == "search")
        results[trial.key.genome.substr(begin, trial.key.genome.rfind('"') - begin)] = trial.result;
    }
    return results;
  }
};

TEST_F(PluginFailures, AreTheStatusOfTheCandidateHoweverItIsTrained) {
  using enum TrialStatus;
  const std::map<std::string, std::pair<TrialStatus, std::string>> expected = {
      {"never", {ok, ""}},
      {"make_int", {crashed, "exception: " + kOrigin + ": the number 7"}},
      {"make_text", {crashed, "exception: " + kOrigin + ": text of the plugin"}},
      {"make_chars", {crashed, "exception: " + kOrigin + ": characters of the plugin"}},
      {"make_own", {crashed, "exception: " + kOrigin + ": an exception of type (anonymous namespace)::Failure"}},
      {"make_exception", {crashed, "exception: " + kOrigin + ": exception of the plugin"}},
      {"make_memory", {out_of_memory, "an allocation failed"}},
      {"make_nothing", {crashed, "exception: " + kOrigin + ": its make gives no model"}},
      {"unroll_int", {crashed, "exception: " + kOrigin + ": the number 7"}},
      {"step_text", {crashed, "exception: " + kOrigin + ": text of the plugin"}},
      {"step_exception", {crashed, "exception: " + kOrigin + ": exception of the plugin"}},
      {"products_int", {crashed, "exception: " + kOrigin + ": the number 7"}},
      {"products_exception", {crashed, "exception: " + kOrigin + ": exception of the plugin"}},
      {"count_is_nan", {invalid, "counts nan multiply-adds"}},
      {"count_is_negative", {invalid, "counts -25 multiply-adds"}},
      {"count_is_infinite", {invalid, "counts inf multiply-adds"}},
  };
  every_way();
  for (const std::string isolation : {"thread", "process"}) {
    const auto run = call({"run", "s.toml", "--out", isolation, "--isolation", isolation, "--quiet"});
    ASSERT_EQ(run.code, 0) << isolation << ": " << run.err;
    const auto found = results(isolation);
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [way, end] : expected) {
      EXPECT_EQ(found.at(way).status, end.first) << isolation << ", " << way << ": " << found.at(way).cause;
      EXPECT_THAT(found.at(way).cause, HasSubstr(end.second)) << isolation << ", " << way;
    }
  }
  const auto diff = call({"diff", "thread", "process"});
  EXPECT_EQ(diff.code, 0) << diff.out;
  const auto resumed = call({"resume", "thread", "--set", "final.seeds=2", "--quiet"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const auto verified = call({"verify", "thread", "--trials", "20"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  for (const auto* trial : {"2", "7", "14"}) {
    const auto replayed = call({"replay", "thread", trial});
    EXPECT_EQ(replayed.code, 0) << trial << ": " << replayed.out << replayed.err;
  }
}

TEST_F(PluginFailures, ATaskThatThrowsIsNamed) {
  const auto train = [&](const std::string& way) {
    return call({"train", every_way(), "--set", "task.fails=" + way, "--out", way, "--quiet"});
  };
  EXPECT_THAT(train("fill_chars").err + read(folder() / "out"),
              HasSubstr("task above of plugin " + kPlugin + ": characters of the plugin"));
  const auto made = train("make_int");
  EXPECT_EQ(made.code, 1);
  EXPECT_THAT(made.err, HasSubstr("task above of plugin " + kPlugin + ": the number 7\n"));
}

TEST_F(PluginFailures, AStrategyThatThrowsIsNamed) {
  const auto run = call({"run", every_way(), "--set", "search.strategy=throwing", "--out", "r", "--quiet"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("strategy throwing of plugin " + kPlugin + ": the number 7."));
}

/// At small n and few synapses W may have radius 0, whatever it is scaled to.
TEST_F(PluginFailures, ANetworkThatCannotBeBuiltCostsOneTrialOfAnyRun) {
  const auto file = write(
      "l.toml",
      "name = \"l\"\nseed = 1\n[model]\nname = \"leaky\"\ndensity = 0.05\nspectral_radius = 1.0\nn = 6\n[task]\nname = "
      "\"digits\"\nlayout = \"chunks\"\nchunk = 16\ntrain_samples = 40\nvalidation_samples = 20\ntest_samples = "
      "20\n[train]\nbatch = 20\nsamples = 40\n[search]\nstrategy = \"random\"\npopulation = 12\ngenerations = "
      "1\n[final]\nseeds = 1\n[genes]\nmodel.n = { low = 4, high = 16 }\n");
  for (const std::string isolation : {"thread", "process"}) {
    const auto run = call({"run", file, "--out", isolation, "--isolation", isolation, "--quiet"});
    ASSERT_EQ(run.code, 0) << run.err;
    std::map<TrialStatus, int> counts;
    for (const auto& trial : Ledger(folder() / isolation / "ledger.sqlite", Ledger::Access::read).trials()) {
      ++counts[trial.result.status];
      if (trial.result.status != TrialStatus::ok) {
        EXPECT_EQ(trial.result.status, TrialStatus::invalid) << trial.result.cause;
        EXPECT_THAT(trial.result.cause, HasSubstr("model.spectral_radius = 1"));
      }
    }
    EXPECT_GT(counts[TrialStatus::ok], 0);
    EXPECT_GT(counts[TrialStatus::invalid], 0);
    EXPECT_EQ(call({"resume", isolation, "--set", "search.generations=2", "--quiet"}).code, 0);
  }
  EXPECT_EQ(call({"diff", "thread", "process"}).code, 0);
  EXPECT_EQ(call({"verify", "thread", "--trials", "30"}).code, 0);
}

}  // namespace
}  // namespace evobrnn
