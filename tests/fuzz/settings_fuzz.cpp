// SPDX-License-Identifier: Apache-2.0
/// What a user writes: settings files with their genes, and the CSV of first individuals.
#include <gtest/gtest.h>

#include "apps/comparison_file.hpp"
#include "apps/experiment_file.hpp"
#include "apps/run_folder.hpp"
#include "evolve/genome_file.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

namespace fs = std::filesystem;
using testing_support::ScratchFolder;

constexpr const char* kEveryKindOfGene =
    "name = \"x\"\n[model]\nname = \"conductance\"\n[search]\nstrategy = \"ga\"\npopulation = 4\n[genes]\n"
    "model.dt = { low = 0.05, high = 0.9 }\nmodel.n = { low = 4, high = 60, scale = \"log\" }\n"
    "model.a_kind = { values = [\"constant\", \"ei\"] }\nmodel.A = { low = 0.1, high = 5.0, scale = \"log\" }\n"
    "model.A_E = { low = 0.1, high = 5.0, when = { \"model.a_kind\" = [\"ei\"] } }\n"
    "model.autapses = { values = [true, false] }\n";

constexpr const char* kComparison =
    "name = \"x\"\n[compare]\nrepeats = 2\nflops = 1e9\n[model]\nn = 10\n[train]\nsamples = 10\n[genes]\n"
    "model.dt = { low = 0.1, high = 0.9 }\n[arms.a]\nhow = \"ga\"\n[arms.b]\nhow = \"gradient\"\nwithout = []\n"
    "[arms.c]\nhow = \"fixed\"\n[arms.c.model]\nn = 12\n";

Experiment load(const fs::path& file) {
  ExperimentSource source;
  source.file = file;
  return load_experiment(source);
}

constexpr const char* kList =
    "[model]\nn = 6\n[search]\nstrategy = \"list\"\ngenomes = \"genomes.csv\"\npopulation = 4\n[genes]\n"
    "model.gain = { low = 0.5, high = 10.0 }\n";

/// The example files, one with genes of every kind, and one with first individuals in a file of their own.
std::vector<std::string> settings_files() {
  std::vector<std::string> all{kEveryKindOfGene, kList};
  for (const auto& entry : fs::directory_iterator(fs::path(EVOBRNN_SOURCE) / "configs"))
    if (entry.path().extension() == ".toml") all.push_back(read_whole(entry.path()));
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> settings_tokens() {
  std::vector<std::string> tokens = {
      "[genes]\n",  "[[",        "]]",  "\"\"\"", "'''",        "= {",     "low = ",       "high = ", "scale = \"log\"",
      "values = [", "when = { ", "inf", "nan",    "1979-05-27", "\\u0000", "\xef\xbb\xbf", "true",    "false",
      "[",          "{a="};
  // What would run over the stack where it was not counted, and what hides it.
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  for (const auto& deep : {repeated(".a", 9000), repeated("[", 9000), repeated("{a=", 9000), repeated(".'#'", 9000)})
    tokens.push_back(deep);
  for (const auto* hiding : {"#", "\"", "'", "\\", "\"#\"", "'\"'", "\"\"", "''", "\n", "\r", "="})
    tokens.emplace_back(hiding);
  for (const auto& row : trial_settings_table()) tokens.push_back("\n" + row.setting.path + " = ");
  for (const auto& row : search_settings_table()) tokens.push_back("\n" + row.setting.path + " = ");
  return tokens;
}

/// What was taken is written as it was resolved, and that reads back as the same.
void check_resolved(const ScratchFolder& folder, const Experiment& experiment) {
  if (!experiment.first.empty()) folder.write("genomes.csv", genomes_csv(experiment.space, experiment.first));
  const auto again = load(folder.write("resolved.toml", experiment.toml));
  require(again.toml == experiment.toml && again.first == experiment.first,
          "the resolved settings read back as others:\n" + again.toml);
  const auto& space = experiment.space;
  const auto [low, high] = space.bounds(Codec::mixed);
  for (const auto& vector : {low, high}) {
    const auto genome = space.decode(vector, Codec::mixed);
    require(space.parse(space.text(genome)) == genome, "a genome reads back as another: " + space.text(genome));
    trial_spec(experiment, Candidate{genome, {}, 1, false, false});
  }
}

TEST(Fuzz, Settings) {
  const ScratchFolder folder;
  const std::string genomes = "model.gain\n1.5\n2\n";
  fuzz({.name = "Settings", .inputs = settings_files(), .tokens = settings_tokens(), .accepts = [&](const auto& input) {
          folder.write("genomes.csv", genomes);
          const auto file = folder.write("settings.toml", input);
          Experiment experiment;
          if (!accepts<SettingsError>([&] { experiment = load(file); })) return false;
          check_resolved(folder, experiment);
          return true;
        }});
}

TEST(Fuzz, Genomes) {
  const ScratchFolder folder;
  const auto space = load(folder.write("settings.toml", kEveryKindOfGene)).space;
  const auto [low, high] = space.bounds(Codec::mixed);
  const std::string csv = genomes_csv(space, {space.decode(low, Codec::mixed), space.decode(high, Codec::mixed)});
  std::vector<std::string> tokens = {",", ",,", "\"", "\n", "\r\n", "true", "1e", "0x1p3", "\xef\xbb\xbf", "ei", "nan"};
  for (const auto& gene : space.genes()) tokens.push_back(gene.path);
  fuzz({.name = "Genomes", .inputs = {csv}, .tokens = tokens, .accepts = [&](const auto& input) {
          const auto file = folder.write("genomes.csv", input);
          std::vector<Genome> genomes;
          if (!accepts<SettingsError>([&] { genomes = read_genomes(file, space); })) return false;
          const auto again = read_genomes(folder.write("again.csv", genomes_csv(space, genomes)), space);
          require(again == genomes, "the genomes read back as others");
          return true;
        }});
}

TEST(Fuzz, Comparison) {
  const ScratchFolder folder;
  const auto shape = [](const TaskSettings&) {
    TaskShape s;
    s.steps = 10;
    s.n_in = s.n_out = 4;
    s.train = 100;
    return s;
  };
  fuzz({.name = "Comparison",
        .inputs = {kComparison},
        .tokens = {"[arms.a]\n", "[arms.b.genes]\n", "how = \"list\"\n", "without = [", "[profiles.x]\n",
                   "compare.flops = ", "unequal = \"report\"\n", "[[", "1e308", "model.trained = [\"A\"]\n"},
        .accepts = [&](const std::string& input) {
          const ComparisonSource source{folder.write("x.toml", input), "", {}};
          return accepts<SettingsError>([&] {
            const auto plan = load_comparison(source, shape);
            const ComparisonSource again{folder.write("y.toml", plan.toml), "", {}};
            require(load_comparison(again, shape).toml == plan.toml, "reads back as another comparison:\n" + plan.toml);
          });
        }});
}

}  // namespace
}  // namespace evobrnn::fuzzing
