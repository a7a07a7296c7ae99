// SPDX-License-Identifier: Apache-2.0
/// Runs in which several builds of evobrnn took part. There is one on this machine: the other is one that provenance.json
/// tells of.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "evolve/ledger.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Builds : public Program {
 protected:
  void SetUp() override {
    write("s.toml", small_search());
    ASSERT_EQ(call({"run", "s.toml", "--out", "r", "--quiet"}).code, 0);
  }

  nlohmann::json provenance() const { return nlohmann::json::parse(read(folder() / "r/provenance.json")); }

  /// As if the run had been started with another LibTorch.
  void set_libtorch(const std::string& version) const {
    auto root = provenance();
    root["libtorch"] = version;
    write("r/provenance.json", root.dump());
  }

  /// Trainings come to other bits than those stored.
  void change_bits() const {
    auto settings = read(folder() / "r/experiment.toml");
    const std::string before = "lr = 0.02";
    const auto at = settings.find(before);
    ASSERT_NE(at, std::string::npos);
    write("r/experiment.toml", settings.replace(at, before.size(), "lr = 0.03"));
  }
};

TEST_F(Builds, EveryOneThatGoesOnWithARunIsKept) {
  const auto ours = provenance().at("libtorch");
  EXPECT_THAT(provenance().at("blas").get<std::string>(), Not(HasSubstr("MAX_THREADS")));
  const auto same = call({"resume", "r", "--set", "search.generations=4", "--quiet"});
  ASSERT_EQ(same.code, 0);
  EXPECT_THAT(same.err, Not(HasSubstr("another build")));
  EXPECT_FALSE(provenance().contains("builds"));

  set_libtorch("1.12.0");
  const auto other = call({"resume", "r", "--set", "search.generations=5", "--quiet"});
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_THAT(other.err, HasSubstr("another build of evobrnn goes on with the run (LibTorch 1.12.0, this is " +
                                   ours.get<std::string>()));
  const auto kept = provenance();
  EXPECT_EQ(kept.at("libtorch"), "1.12.0") << "that of the start";
  ASSERT_EQ(kept.at("builds").size(), 1U);
  EXPECT_EQ(kept["builds"][0]["libtorch"], ours);
  EXPECT_TRUE(kept["builds"][0].contains("git_revision") && kept["builds"][0].contains("blas"));
  const auto again = call({"resume", "r", "--set", "search.generations=6", "--quiet"});
  EXPECT_THAT(again.err, Not(HasSubstr("another build"))) << "it is the last one";
  EXPECT_EQ(provenance().at("builds").size(), 1U);
}

TEST_F(Builds, VerifyBlamesNoRunForWhatAnotherBuildMadeOfIt) {
  change_bits();
  const auto blamed = call({"verify", "r", "--trials", "3"});
  EXPECT_EQ(blamed.code, 1) << "the same build gives the same bits";
  set_libtorch("1.12.0");
  const auto verified = call({"verify", "r", "--trials", "3"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("it was trained by another build (LibTorch 1.12.0, this is "),
                                  HasSubstr("3 of the trials trained again differ from what another build of evobrnn made"),
                                  Not(HasSubstr("wrong: trial"))));
  const auto replayed = call({"replay", "r", "1"});
  EXPECT_EQ(replayed.code, 1);
  EXPECT_THAT(replayed.out, HasSubstr("another build (LibTorch 1.12.0, this is "));
}

TEST_F(Builds, TrialsThatThisBuildTrainedAreJudgedByIt) {
  set_libtorch("1.12.0");
  ASSERT_EQ(call({"resume", "r", "--set", "search.generations=5", "--quiet"}).code, 0);
  change_bits();
  const auto trials = Ledger(folder() / "r/ledger.sqlite", Ledger::Access::read).trials();
  const auto last = std::max_element(trials.begin(), trials.end(), [](const LedgerTrial& left, const LedgerTrial& right) {
    return left.started < right.started;
  });
  const auto replayed = call({"replay", "r", std::to_string(last->id)});
  EXPECT_EQ(replayed.code, 1);
  EXPECT_THAT(replayed.out, Not(HasSubstr("another build")));
}

TEST_F(Builds, MklIsHeldToOneThreadBesideOpenBlas) {
  const auto outcome = call_with({{"LD_PRELOAD", EVOBRNN_FAKE_MKL}, {"FAKE_MKL_LOG", (folder() / "mkl").string()}},
                                 {"--version"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(read(folder() / "mkl"), "threads 1\ndynamic 0\n");
}

}  // namespace
}  // namespace evobrnn
