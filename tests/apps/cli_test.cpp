// SPDX-License-Identifier: Apache-2.0
/// The real program in a scratch folder, started as a user starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST_F(Program, ASearchEndsWithTableWeightsAndRunFolder) {
  const auto outcome = call({"run", write("s.toml", small_search())});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const auto* text : {"generation 0/2", "generation 2/2", "worker", "was not training", "champion",
                           "best of generation 0", "default settings", "2 fresh seeds", "model.dt"})
    EXPECT_THAT(outcome.out, HasSubstr(text));
  const auto run = folder() / "runs" / "small";
  for (const auto* name :
       {"experiment.toml", "provenance.json", "ledger.sqlite", "weights/champion.safetensors", "weights/config.json"})
    EXPECT_TRUE(fs::exists(run / name)) << name;
  const auto config = nlohmann::json::parse(read(run / "weights/config.json"));
  EXPECT_EQ(config.at("n_in"), 28);
  EXPECT_EQ(config.at("trial").at("test"), true);

  const auto again = call({"run", (scratch_ / "s.toml").string()});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("evobrnn resume runs/small"));
  const auto resumed = call({"resume", "runs/small"});
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.out, HasSubstr("known before"));
}

TEST_F(Program, WorkersAndRepetitionChangeNoBit) {
  const auto file = write("s.toml", small_search());
  ASSERT_EQ(call({"run", file, "--workers", "1", "--out", "one"}).code, 0);
  ASSERT_EQ(call({"run", file, "--workers", "2", "--out", "two"}).code, 0);
  ASSERT_EQ(call({"run", file, "--workers", "2", "--out", "again"}).code, 0);
  for (const auto* other : {"two", "again"}) {
    const auto diff = call({"diff", "one", other});
    EXPECT_EQ(diff.code, 0) << diff.out;
    EXPECT_THAT(diff.out, HasSubstr("the same"));
  }
  ASSERT_EQ(call({"run", file, "--seed", "5", "--out", "seed5"}).code, 0);
  EXPECT_EQ(call({"diff", "one", "seed5"}).code, 1);
}

TEST_F(Program, TheResolvedFileReadsBackAsTheSameRun) {
  const auto file = write("s.toml", small_search("",
                                                 "model.a_kind = { values = [\"ei\", \"constant\"] }\nmodel.A = { low "
                                                 "= 0.1, high = 3.0, scale = \"log\" }\n"));
  ASSERT_EQ(call({"run", file, "--out", "one"}).code, 0);
  ASSERT_EQ(call({"run", "one/experiment.toml", "--out", "two"}).code, 0);
  EXPECT_EQ(call({"diff", "one", "two"}).code, 0);
  EXPECT_EQ(read(folder() / "one/experiment.toml"), read(folder() / "two/experiment.toml"));
}

TEST_F(Program, CtrlCKeepsFinishedTrialsAndResumeEndsTheSame) {
  const auto file = write("s.toml", small_search("validate_every = 0\n"));
  ASSERT_EQ(call({"run", file, "--out", "whole"}).code, 0);
  const auto child = start({"run", file, "--out", "stopped", "--set", "train.time_limit=1000", "--json"});
  // The first finished trial has been told; the next ones are running.
  while (read(scratch_ / "out").find("\"event\":\"trial\"") == std::string::npos &&
         waitpid(child, nullptr, WNOHANG) == 0)
    sched_yield();
  const auto pressed = std::chrono::steady_clock::now();
  kill(child, SIGINT);
  const auto outcome = wait_for(child);
  EXPECT_LT(std::chrono::steady_clock::now() - pressed, std::chrono::seconds(20));  // a hang, not a speed
  EXPECT_EQ(outcome.code, 130) << outcome.out << outcome.err;
  ASSERT_EQ(call({"resume", "stopped"}).code, 0);
  EXPECT_EQ(call({"diff", "whole", "stopped"}).code, 0);
}

TEST_F(Program, GoneWrongTrialsAreRecordedAndTheRunEnds) {
  // Chaotic networks over 784 steps diverge, MNIST is not there, and a microsecond is too short.
  const auto file = write("s.toml",
                          "name = \"wrong\"\n[model]\nname = \"vanilla\"\nactivation = \"tanh\"\ndale = false\nn = "
                          "48\n[task]\nlayout = \"pixels\"\ntrain_samples = 100\n"
                          "validation_samples = 50\ntest_samples = 50\n[train]\nbatch = 50\nsamples = "
                          "50\n[search]\nstrategy = \"grid\"\n[search.grid]\npoints = 2\n[final]\nseeds = 1\n[genes]\n"
                          "model.gain = { low = 0.1, high = 20.0 }\ntask.name = { values = [\"digits\", \"mnist\"] "
                          "}\ntrain.time_limit = { values = [0.000001, 1000.0] }\n");
  const auto outcome = call({"run", file, "--data", "/nonexistent"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const auto* text : {"diverged: loss or gradient became infinite or NaN at step 1", "invalid: no such data file",
                           "timeout: ran over its time limit", "8 done, "}) {
    EXPECT_THAT(outcome.out, HasSubstr(text));
  }
}

TEST_F(Program, GenomesFromAFileAreTrained) {
  write("g.csv", "model.n,model.dt\n8,0.25\n9,0.5\n");
  const auto outcome = call({"run", write("s.toml", small_search()), "--genomes", (scratch_ / "g.csv").string(),
                             "--set", "search.strategy=list", "--set", "final.seeds=0", "--json"});
  ASSERT_EQ(outcome.code, 2) << "search.generations is not read by list: " << outcome.out;
  auto text = small_search();
  text.replace(text.find("generations = 3\n"), 16, "strategy = \"list\"\n");
  const auto listed = call(
      {"run", write("l.toml", text), "--genomes", (scratch_ / "g.csv").string(), "--set", "final.seeds=0", "--json"});
  ASSERT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr(R"("genome":{"model.dt":0.25,"model.n":8})"));
  std::istringstream lines(listed.out);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST_F(Program, TrainWritesWeightsAndCurve) {
  const auto outcome = call({"train", write("s.toml", small_search()), "--out", "t"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("accuracy: validation"));
  EXPECT_THAT(read(folder() / "t/curve.csv"), HasSubstr("step,samples,train_loss,validation_loss,validation_score\n"));
  EXPECT_TRUE(fs::exists(folder() / "t/weights/trained.safetensors"));
  EXPECT_EQ(call({"train", (scratch_ / "s.toml").string(), "--out", "t"}).code, 2);
}

/// A file sorted by class, of which a part is tested: no class is left out, and the part is named.
TEST_F(Program, AScoreOfAPartOfTheTestSetSaysSo) {
  std::string train = "@classLabel true \"walk up\" down\n@data\n", test = train;
  for (int i = 0; i < 60; ++i) train += i % 2 == 0 ? "0,1:walk up\n" : "1,0:down\n";
  for (int i = 0; i < 200; ++i) test += i < 100 ? "0,1:walk up\n" : "1,0:down\n";
  write("train.ts", train);
  write("test.ts", test);
  const auto settings = write("s.toml",
                              "name = \"s\"\n[model]\nn = 4\n[task]\nname = \"sequences\"\nfile = \"train.ts\"\n"
                              "test_file = \"test.ts\"\nvalidation_samples = 20\ntest_samples = 50\n[train]\nbatch = "
                              "10\nsamples = 20\n[search]\npopulation = 2\ngenerations = 1\n[final]\nseeds = "
                              "1\n[genes]\nmodel.dt = { low = 0.1, high = 0.9 }\n");
  const auto trained = call({"train", settings, "--data", ".", "--out", "t"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr(" on 50 of 200 test samples; "));
  const auto searched = call({"run", settings, "--data", ".", "--out", "r"});
  EXPECT_THAT(searched.out, HasSubstr("test accuracy on 50 of 200 test samples over 1 fresh seed"));
  const auto resumed = call({"resume", "r", "--json"});
  EXPECT_THAT(resumed.out, HasSubstr(R"("test_samples":{"used":50,"of":200})"));
  EXPECT_THAT(call({"status", "r"}).out, HasSubstr("final tests are on 50 of 200 test samples"));

  const auto predicted =
      call({"predict", "t/weights/trained.safetensors", "--input", "test.ts", "--output", "y.safetensors"});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_THAT(predicted.out, HasSubstr("200 sequences of 2 steps; answers: "));
  const auto config = nlohmann::json::parse(read(folder() / "t/weights/config.json"));
  EXPECT_EQ(config.at("classes"), nlohmann::json({"walk up", "down"}));
  EXPECT_THAT(read(folder() / "y.safetensors"), HasSubstr(R"(walk up)"));
}

/// Names of files are bytes: they work as they are, and where they cannot the reason is told.
TEST_F(Program, NamesThatAreNoUtf8Work) {
  const std::string name = "lat\xe4in1";
  fs::create_directory(folder() / name);
  const auto settings = write("s.toml", small_search());
  const auto data = (folder() / name).string();
  ASSERT_EQ(call({"run", settings, "--out", name + "/run", "--data", data, "--quiet"}).err, "");
  EXPECT_EQ(call({"status", name + "/run", "--json"}).code, 0);
  EXPECT_TRUE(nlohmann::json::accept(call({"status", name + "/run", "--json"}).out));
  EXPECT_TRUE(nlohmann::json::accept(read(folder() / name / "run/provenance.json")));
  EXPECT_THAT(read(folder() / name / "run/provenance.json"), HasSubstr("lat%E4in1\""));
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"resume", name + "/run", "--set", "search.generations=4", "--json"},
           {"verify", name + "/run"},
           {"export", name + "/run", "--format", "jsonl"},
           {"report", name + "/run"},
           {"train", settings, "--out", name + "/t", "--quiet"},
           {"predict", name + "/t/weights/trained.safetensors", "--input", name + "/x.safetensors", "--output", "y"},
           {"run", settings, "--out", name + "/second", "--extend-from", name + "/run", "--json"},
           {"export", name + "/second", "--format", "jsonl"}}) {
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, arguments[0] == "predict" ? 2 : 0) << arguments[0] << ": " << outcome.err;
    EXPECT_THAT(outcome.err, ::testing::Not(HasSubstr("json.exception"))) << arguments[0];
  }
  const auto set = call({"train", settings, "--set", "task.file=" + name, "--out", "u"});
  EXPECT_EQ(set.code, 2);
  EXPECT_THAT(set.err, HasSubstr("--set: task.file: is no UTF-8"));
}

TEST_F(Program, LibrariesErrorsAreToldInOurWords) {
  const auto settings = write("s.toml", small_search());
  write("file", "");
  const auto below = call({"run", settings, "--out", "file/run"});
  EXPECT_NE(below.code, 0);
  EXPECT_THAT(below.err, ::testing::Not(HasSubstr("filesystem error")));
  EXPECT_THAT(below.err, HasSubstr("file/run"));
}

TEST_F(Program, BrokenSettingsGiveOneClearErrorAndNoRunFolder) {
  struct Case {
    std::string find, replace, error;
  };
  const std::vector<Case> cases = {
      {"seed = 4", "sede = 4", "did you mean seed?"},
      {"seed = 4", "seed = -1", "seed = -1"},
      {"seed = 4", "seed = \"four\"", "must be an integer"},
      {"seed = 4", "seed = 4\nseed = 5", "s.toml:3"},
      {"seed = 4", "seed = ", "is not TOML"},
      {"[model]", "[modle]", "did you mean model.n?"},
      {"n = 12", "n = 1", "at least 2"},
      {"n = 12", "n = 12.5", "must be an integer"},
      {"n = 12", "n = 12\ndt = 1.5", "must be a real number in (0, 1]"},
      {"n = 12", "n = 12\nei_ratio = 1.0", "model.ei_ratio"},
      {"n = 12", "n = 12\nz = 0.5", "is only read where model.name = leaky"},
      {"n = 12", "n = 12\ndale = false", "needs model.dale = true"},
      {"n = 12", "n = 12\nname = \"conductanse\"", "did you mean conductance?"},
      {"n = 12", "n = 12\ntrained = [\"B\"]", "model.trained"},
      {"n = 12", "n = 12\nactivation = 3", "must be one of"},
      {"\"digits\"", "\"mnist\"", "evobrnn data fetch mnist"},
      {"\"digits\"", "\"idx\"", "must name a file"},
      {"batch = 50", "batch = 0", "train.batch = 0"},
      {"batch = 50", "lr = inf", "train.lr"},
      {"population = 6", "population = 1", "at least 2"},
      {"population = 6", "population = 6\nstrategy = \"genetic\"", "search.strategy"},
      {"population = 6", "population = 6\ngenomes = \"absent.csv\"", "absent.csv"},
      {"low = 0.1", "low = -0.1", "genes.model.dt.low"},
      {"high = 0.9", "high = 0.05", "above low"},
      {"high = 0.9", "high = 1.5", "genes.model.dt.high"},
      {"low = 6", "low = 1", "at least 2"},
      {"model.dt =", "model.td =", "did you mean"},
      {"[genes]", "[gens]", "gens"},
      {"seeds = 2", "seeds = [2]", "must be an integer"},
  };
  ASSERT_EQ(call({"check", write("s.toml", small_search())}).code, 0);
  for (const auto& [find, replace, error] : cases) {
    auto text = small_search();
    text.replace(text.find(find), find.size(), replace);
    const auto outcome = call({"run", write("s.toml", text), "--data", "/nonexistent"});
    EXPECT_EQ(outcome.code, 2) << replace;
    EXPECT_THAT(outcome.err, HasSubstr(error)) << replace;
    EXPECT_THAT(outcome.err, HasSubstr("error: ")) << replace;
    EXPECT_EQ(outcome.out, "") << replace;
    EXPECT_FALSE(fs::exists(folder() / "runs")) << replace;
  }
  EXPECT_EQ(call({"run", "absent.toml"}).code, 2);
  EXPECT_EQ(call({"run"}).code, 2);
  EXPECT_EQ(call({"rnu"}).code, 2);
  EXPECT_EQ(call({"resume", "absent"}).code, 2);
  EXPECT_EQ(call({"diff", "absent", "absent"}).code, 2);
}

TEST_F(Program, AllMistakesOfAFileAreToldAtOnce) {
  auto text = small_search("lr = -1.0\n");
  text.replace(text.find("n = 12"), 6, "n = 0");
  text.replace(text.find("seeds = 2"), 9, "sedes = 2");
  const auto outcome = call({"check", write("s.toml", text)});
  EXPECT_EQ(outcome.code, 2);
  for (const auto* part : {"s.toml:4: model.n = 0", "train.lr = -1.0", "did you mean final.seeds?"})
    EXPECT_THAT(outcome.err, HasSubstr(part));
}

TEST_F(Program, TheCatalogueIsPrinted) {
  EXPECT_THAT(call({"list", "models"}).out, HasSubstr("z = dt σ((A ∘ |W|) r + |P| x + g)"));
  EXPECT_THAT(call({"list", "tasks"}).out, HasSubstr("fashion-mnist"));
  EXPECT_THAT(call({"list", "strategies"}).out, HasSubstr("one trial at a time"));
  EXPECT_THAT(call({"list", "settings"}).out, HasSubstr("train.lr = 0.02"));
  EXPECT_THAT(call({"list", "settings", "model.A_"}).out, HasSubstr("only where model.a_kind = ei"));
  EXPECT_EQ(call({"list", "settings", "nothing"}).code, 2);
  EXPECT_THAT(call({"--help"}).out, HasSubstr("Examples:"));
  EXPECT_THAT(call({"run", "--help"}).out, HasSubstr("Examples:"));
}

TEST_F(Program, BenchMeasuresStepsAndWorkers) {
  const auto outcome = call({"bench", "--n", "5,9", "--workers", "1,3", "--seconds", "0", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(report.at("sizes").size(), 2);
  EXPECT_EQ(report["sizes"][1].at("n"), 9);
  for (const auto* figure : {"milliseconds", "gflops", "of_peak", "peak_bytes", "reference_milliseconds"})
    EXPECT_GT(report["sizes"][1].at(figure).get<double>(), 0) << figure;
  EXPECT_EQ(report.at("workers")[1].at("workers"), 3);
  EXPECT_GT(report["workers"][1].at("candidates_a_minute").get<double>(), 0);
  EXPECT_EQ(call({"bench", "--n", "0"}).code, 2);
  EXPECT_EQ(call({"bench", "--set", "model.n=4"}).code, 2);
}

TEST_F(Program, GoldenCheckCountsAndFails) {
  const std::string file = std::string(EVOBRNN_SOURCE) + "/tests/golden/models.json";
  const auto plain = wait_for(start({file}, EVOBRNN_GOLDEN_CHECK));
  EXPECT_EQ(plain.code, 0);
  EXPECT_THAT(plain.out, HasSubstr(" passed, 0 failed, "));
  EXPECT_EQ(wait_for(start({"absent.json"}, EVOBRNN_GOLDEN_CHECK)).code, 2);
}

TEST_F(Program, EveryShippedExperimentRunsSmall) {
  int experiments = 0;
  for (const auto& entry : fs::directory_iterator(std::string(EVOBRNN_SOURCE) + "/configs")) {
    if (entry.path().extension() != ".toml") continue;
    ++experiments;
    EXPECT_EQ(call({"check", entry.path().string()}).code, 0) << entry.path();
    std::vector<std::string> arguments{"run", entry.path().string(), "--out", entry.path().stem().string()};
    const auto text = read(entry.path());
    if (text.find("evobrnn data fetch") != std::string::npos)  // the sets are not here
      arguments.insert(arguments.end(), {"--set", "task.name=digits"});
    for (const auto* smaller :
         {"task.train_samples=100", "task.validation_samples=50", "task.test_samples=50", "train.samples=64",
          "final.samples=64", "final.seeds=1", "search.population=7", "search.generations=2"}) {
      arguments.insert(arguments.end(), {"--set", smaller});
    }
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, 0) << entry.path() << outcome.err;
  }
  EXPECT_GE(experiments, 8);
}

}  // namespace
}  // namespace evobrnn
