// SPDX-License-Identifier: Apache-2.0
/// Settings files, on the way that a run takes, and genomes as CSV.
#include <gtest/gtest.h>

#include "apps/experiment_file.hpp"
#include "evolve/genome_file.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

using testing_support::ScratchFolder;

constexpr const char* kSettings = R"(name = "small" # a comment
seed = 3
model = { name = "conductance", n = 12, trained = ["A", "dt"], "activation" = 'tanh' }

[task]
name = "digits"
order = "permuted"
permutation_seed = 0x10
validation_samples = 1_00

[train]
samples = 500
"lr" = 1e-2

[search]
strategy = "nsga2"
population = 8
generations = 2

[genes]
model.dt = { low = 0.05, high = 0.9, scale = "log" }
model.n = { low = 4, high = 20 }
model.a_kind = { values = ["ei", "scalar"] }
model.A = { low = 0.1, high = 2.0, when = { "model.a_kind" = ["scalar"] } }
train.optimizer = { values = ["adam", "momentum"] }
train.momentum = { low = 0.5, high = 0.99 }
train.batch = { values = [8, 16, 64] }
)";

constexpr const char* kList = R"(name = "list"
[model]
n = 6
[search]
strategy = "list"
genomes = "genomes.csv"
population = 4
[genes]
model.gain = { low = 0.5, high = 10.0 }
)";

std::vector<std::string> toml_tokens() {
  std::vector<std::string> tokens = {"[",         "]",         "[[",        "]]",         "{",
                                     "}",         "=",         "\"",        "'",          "\"\"\"",
                                     "'''",       "#",         "\n",        "\\u00",      "\\",
                                     ".",         ",",         "true",      "nan",        "-inf",
                                     "a.",        "[a.b]\n",   "a = 1\n",   "low = ",     "1979-05-27T07:32:00Z",
                                     "[genes]\n", "[model]\n", "when = { ", "values = [", "\xef\xbb\xbf"};
  const auto add = [&tokens](const Setting& setting) {
    tokens.push_back(setting.path + " = ");
    for (const auto& choice : setting.choices) tokens.push_back("\"" + choice + "\"");
  };
  for (const auto& row : trial_settings_table()) add(row.setting);
  for (const auto& row : search_settings_table()) add(row.setting);
  return tokens;
}

class SettingsFolder {
 public:
  SettingsFolder() { folder_.write("genomes.csv", "model.gain\n1.5\n2\n"); }

  Experiment load(const std::string& name, const std::string& toml) const {
    ExperimentSource source;
    source.file = folder_.write(name, toml);
    return load_experiment(source);
  }

  /// What a run stores of its settings is what `resume` starts from.
  void require_that_it_reads_back(const Experiment& experiment) const {
    if (!experiment.first.empty()) folder_.write("again/genomes.csv", genomes_csv(experiment.space, experiment.first));
    try {
      const auto again = load("again/experiment.toml", experiment.toml);
      require(again.toml == experiment.toml && again.first == experiment.first, "reads back as another experiment");
    } catch (const SettingsError& error) {
      throw WrongResult(std::string("does not read back: ") + error.what() + "\n" + experiment.toml);
    }
  }

 private:
  ScratchFolder folder_;
  const bool made_ = std::filesystem::create_directory(folder_ / "again");
};

TEST(Fuzz, Settings) {
  const SettingsFolder folder;
  fuzz({.name = "Settings",
        .inputs = {kSettings, kList},
        .tokens = toml_tokens(),
        .accepts =
            [&](const std::string& input) {
              return accepts<SettingsError>([&] { folder.require_that_it_reads_back(folder.load("in.toml", input)); });
            },
        .longest = 1 << 15});
}

SearchSpace space_of_every_kind() {
  Gene real, integer, category, conditional;
  real.path = "model.dt";
  real.low = 0.05;
  real.scale = GeneScale::log;
  integer.path = "model.n";
  integer.kind = GeneKind::integer;
  integer.low = -3;
  integer.high = 1e18;
  category.path = "model.a_kind";
  category.kind = GeneKind::categorical;
  category.values = {std::string("ei"), std::string("scalar"), true, std::int64_t{7}, 0.5};
  conditional.path = "model.A";
  conditional.low = -2;
  conditional.conditions = {{"model.a_kind", {"scalar", "7"}}};
  return SearchSpace({real, integer, category, conditional});
}

TEST(Fuzz, GenomeCsv) {
  const ScratchFolder folder;
  const auto space = space_of_every_kind();
  const auto read = [&](const std::string& csv) { return read_genomes(folder.write("genomes.csv", csv), space); };
  fuzz({.name = "GenomeCsv",
        .inputs = {"model.dt,model.n,model.a_kind,model.A\n0.1,5,ei,\n0.9,-3,scalar,-0.0\n0.5,7,true,\n",
                   "\"model.A\", model.a_kind ,model.n,model.dt\r\n1e-3,7,1000000000000000000,0x1p-2\r\n\r\n"},
        .tokens = {",", "\"", "\n", "\r\n", "model.A", "model.dt", "scalar", "7", "ei", "0.5", "nan", "inf", " ", "\t",
                   "1e17", "0x1p3", "-0.0", std::string("\0", 1)},
        .accepts =
            [&](const std::string& input) {
              return accepts<SettingsError>([&] {
                const auto genomes = read(input);
                for (const auto& genome : genomes)
                  require(space.parse(space.text(genome)) == genome, "the text of a genome is that of another");
                require(read(genomes_csv(space, genomes)) == genomes, "reads back as other genomes");
              });
            },
        .at_least = 2000});
}

}  // namespace
}  // namespace evobrnn::fuzzing
