// SPDX-License-Identifier: Apache-2.0
/// The real program with plugins: those of examples/, and some that are no good.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

const std::string kOwnModel = EVOBRNN_OWN_MODEL, kOwnTask = EVOBRNN_OWN_TASK;
const std::string kExamples = std::string(EVOBRNN_SOURCE) + "/examples/";

class Plugins : public Program {
 protected:
  /// What a plugin that is no good is told, in one line.
  std::string error_of(const std::string& plugin) const {
    const auto outcome = call({"list", "models", "--plugin", plugin});
    EXPECT_EQ(outcome.code, 2) << outcome.out;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    return outcome.err;
  }
};

TEST_F(Plugins, AnOwnModelIsSearchedAndExaminedAsAnyOther) {
  const auto run = call({"run", kExamples + "own_model/search.toml", "--plugin", kOwnModel, "--out", "r"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("model.adaptation"), HasSubstr("model.tau_a")));
  EXPECT_THAT(read(folder() / "r/experiment.toml"), HasSubstr("plugins = [\"" + kOwnModel + "\"]"));
  // The run knows its plugin: nobody has to name it again.
  const auto resumed = call({"resume", "r", "--set", "search.generations=4", "--quiet"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const auto examined = call({"examine", "r", "--no-training", "--out", "e", "--quiet"});
  ASSERT_EQ(examined.code, 0) << examined.err;
  const auto groups = nlohmann::json::parse(read(folder() / "e/examination.json"))["groups"];
  EXPECT_EQ(groups[0]["model"], "adaptive, 20 units");
  EXPECT_EQ(groups[0]["networks"].size(), 2U);
}

TEST_F(Plugins, AnOwnModelHasTheSameBitsInWorkerProcesses) {
  const auto search = [&](const std::string& isolation) {
    return call({"run", kExamples + "own_model/search.toml", "--plugin", kOwnModel, "--isolation", isolation, "--set",
                 "search.generations=1", "--out", isolation, "--quiet"});
  };
  for (const std::string isolation : {"thread", "process"}) {
    const auto outcome = search(isolation);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  const auto diff = call({"diff", "thread", "process"});
  EXPECT_EQ(diff.code, 0) << diff.out;
}

TEST_F(Plugins, AnOwnModelIsCompared) {
  write("c.toml",
        "name = \"own\"\nseed = 3\nplugins = [\"" + kOwnModel +
            "\"]\n[compare]\nquestion = \"Does adaptation help?\"\nrepeats = 2\nflops = 2e7\n[model]\nname = "
            "\"adaptive\"\nn = 8\n[task]\nname = \"digits\"\ntrain_samples = 100\nvalidation_samples = "
            "50\ntest_samples = 50\n[train]\nbatch = 16\nsamples = 64\n[search]\npopulation = 3\n[genes]\n"
            "model.adaptation = { low = 0.0, high = 1.0 }\n[arms.ga]\nhow = \"ga\"\n[arms.fixed]\nhow = \"fixed\"\n");
  const auto compared = call({"compare", "c.toml", "--out", "c", "--quiet"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  const auto arms = nlohmann::json::parse(read(folder() / "c/comparison.json"))["arms"];
  ASSERT_EQ(arms.size(), 2U);
  for (const auto& arm : arms) EXPECT_EQ(arm["repeats"].size(), 2U);
}

TEST_F(Plugins, AnOwnModelConforms) {
  const auto outcome = call({"conformance", "adaptive", "--plugin", kOwnModel});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("model adaptive\n"), HasSubstr("gradients equal central differences "),
                                 HasSubstr("properties hold\n")));
}

TEST_F(Plugins, AnOwnTaskConformsAndIsLearnt) {
  const auto conforms = call({"conformance", "interval", "--plugin", kOwnTask, "--json"});
  EXPECT_EQ(conforms.code, 0) << conforms.out << conforms.err;
  const auto report = nlohmann::json::parse(conforms.out);
  EXPECT_EQ(report["kind"], "task");
  EXPECT_EQ(report["passed"], true);
  EXPECT_EQ(report["properties"][0]["variants"], 4) << "few samples, manipulated, both ends of task.longest_gap";
  const auto run = call({"run", kExamples + "own_task/search.toml", "--plugin", kOwnTask, "--out", "r", "--quiet"});
  EXPECT_EQ(run.code, 0) << run.err;
}

TEST_F(Plugins, AWrongGradientIsCaughtByTheConformanceKit) {
  const auto outcome = call({"conformance", "wrong_gradient", "--plugin", EVOBRNN_WRONG_GRADIENT, "--json"});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  std::vector<std::string> failed;
  const auto report = nlohmann::json::parse(outcome.out);
  for (const auto& property : report["properties"]) {
    if (property["failed"] == 0) continue;
    failed.push_back(property["property"]);
    EXPECT_THAT(property["findings"][0]["where"].get<std::string>(), HasSubstr("gradient of "));
  }
  EXPECT_THAT(failed, ::testing::ElementsAre("GradientsEqualCentralDifferences",
                                             "GradientsEqualCentralDifferencesUnderEverySettingThatChangesThem"));
  const auto table = call({"conformance", "wrong_gradient", "--plugin", EVOBRNN_WRONG_GRADIENT});
  EXPECT_EQ(table.code, 1);
  EXPECT_THAT(table.out, AllOf(HasSubstr("FAILED"), HasSubstr("of 15 properties failed\n")));
}

TEST_F(Plugins, OnesThatAreNoGoodAreRefusedWithTheReason) {
  EXPECT_THAT(error_of("missing.so"), HasSubstr("missing.so: no such plugin"));
  EXPECT_THAT(error_of(write("text.so", "not a library")), HasSubstr("text.so: cannot be loaded"));
  EXPECT_THAT(error_of(EVOBRNN_JUMPING_CLOCK), HasSubstr("is no plugin of evobrnn"));
  EXPECT_THAT(error_of(EVOBRNN_OLD_PLUGIN), HasSubstr("was built for evobrnn 0.0.9"));
  EXPECT_THAT(error_of(EVOBRNN_THROWING), HasSubstr("throwing_plugin.so: nothing to register"));
}

TEST_F(Plugins, AMissingSymbolIsToldWhenItIsLoadedAndNotInTheMiddleOfARun) {
  EXPECT_THAT(error_of(EVOBRNN_UNFINISHED), AllOf(HasSubstr("unfinished_plugin.so: cannot be loaded"),
                                                  HasSubstr("unfinished::left_to_be_written(int)")));
}

TEST_F(Plugins, ANameThatIsTakenIsRefused) {
  fs::copy_file(kOwnModel, folder() / "copy.so");
  const auto outcome = call({"list", "models", "--plugin", kOwnModel, "--plugin", "copy.so"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("copy.so"), HasSubstr("adaptive")));
  const auto again = call({"list", "models", "--plugin", kOwnModel, "--plugin", kOwnModel});
  EXPECT_EQ(again.code, 0) << "the same file twice is the same plugin: " << again.err;
}

TEST_F(Plugins, ConformanceKnowsWhatTheRegistriesKnow) {
  EXPECT_THAT(call({"conformance", "leakyy"}).err, HasSubstr("did you mean leaky?"));
  EXPECT_EQ(call({"conformance", "leakyy"}).code, 2);
  const auto strategy = call({"conformance", "random"});
  EXPECT_EQ(strategy.code, 0) << strategy.out << strategy.err;
  EXPECT_THAT(strategy.out, HasSubstr("strategy random\n"));
  const auto misplaced = call({"conformance", "leaky", "--set", "task.steps=3"});
  EXPECT_EQ(misplaced.code, 2);
  EXPECT_THAT(misplaced.err, HasSubstr("--set"));
  EXPECT_THAT(call({"conformance", "adding", "--set", "model.n=3"}).err, HasSubstr("is no setting of a task"));
}

}  // namespace
}  // namespace evobrnn
