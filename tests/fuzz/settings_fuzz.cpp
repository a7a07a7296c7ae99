// SPDX-License-Identifier: Apache-2.0
/// What users write: settings, comparisons, genomes.
#include <gtest/gtest.h>

#include "apps/comparison_file.hpp"
#include "apps/experiment_file.hpp"
#include "evolve/genome_file.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

constexpr const char* kSettings =
    "name = \"x\"\nseed = 1\n[model]\nname = \"conductance\"\nn = 20\ntrained = []\n[task]\nname = "
    "\"digits\"\n[train]\n"
    "samples = 100\nlr = 1e-2\n[search]\nstrategy = \"ga\"\npopulation = 4\n[genes]\nmodel.dt = { low = 0.1, high = "
    "0.9 }\n"
    "model.n = { low = 4, high = 40, scale = \"log\" }\nmodel.a_kind = { values = [\"ei\", \"constant\"] }\n"
    "model.A_E = { low = 0.1, high = 1.0, when = { \"model.a_kind\" = [\"ei\"] } }\n";
constexpr const char* kComparison =
    "name = \"x\"\n[compare]\nrepeats = 2\nflops = 1e9\n[model]\nn = 10\n[train]\nsamples = 10\n[genes]\n"
    "model.dt = { low = 0.1, high = 0.9 }\n[arms.a]\nhow = \"ga\"\n[arms.b]\nhow = \"gradient\"\nwithout = []\n"
    "[arms.c]\nhow = \"fixed\"\n[arms.c.model]\nn = 12\n";
const std::vector<std::string> kTokens = {
    "[model]\n",  "[genes]\n",        "{ low = ", "values = [", "= 1979-05-27\n",  "\"\"\"",
    "'''",        "[[x]]\n",          "model.dt", "when = {",   "\"model.dt\" = ", "true",
    "[arms.a]\n", "how = \"list\"\n", "\\u0000",  "inf"};

class FuzzSettings : public ::testing::Test {
 protected:
  testing_support::ScratchFolder folder_;
};

TEST_F(FuzzSettings, Settings) {
  fuzzing::fuzz({"Settings", {kSettings}, kTokens, [this](const std::string& input) {
                   ExperimentSource source;
                   source.file = folder_.write("x.toml", input);
                   return fuzzing::accepts<SettingsError>([&] { load_experiment(source); });
                 }});
}

TEST_F(FuzzSettings, Resolved) {
  fuzzing::fuzz({"Resolved", {kSettings}, kTokens, [this](const std::string& input) {
                   ExperimentSource source;
                   source.file = folder_.write("x.toml", input);
                   return fuzzing::accepts<SettingsError>([&] {
                     const auto toml = load_experiment(source).toml;
                     source.file = folder_.write("y.toml", toml);
                     fuzzing::require(load_experiment(source).toml == toml,
                                      "the resolved settings do not read back:\n" + toml);
                   });
                 }});
}

TEST_F(FuzzSettings, Comparison) {
  const auto shape = [](const TaskSettings&) {
    TaskShape s;
    s.steps = 10;
    s.n_in = s.n_out = 4;
    s.train = 100;
    return s;
  };
  fuzzing::fuzz({"Comparison", {kComparison}, kTokens, [&](const std::string& input) {
                   const ComparisonSource source{folder_.write("x.toml", input), "", {}};
                   return fuzzing::accepts<SettingsError>([&] { load_comparison(source, shape); });
                 }});
}

TEST_F(FuzzSettings, Genomes) {
  const SearchSpace space(
      {{"a", GeneKind::real, 0.1, 10, GeneScale::log, {}, {}},
       {"b", GeneKind::integer, 1, 9, GeneScale::linear, {}, {}},
       {"c", GeneKind::categorical, 0, 0, GeneScale::linear, {std::string("x"), std::string("y")}, {}}});
  fuzzing::fuzz({"Genomes",
                 {"a,b,c\n1.5,3,x\n0.1,9,y\n", "c,a,b\r\n\"y\",1e0,1\r\n"},
                 {"a,b,c\n", "\"", "\"\"", "\r\n", ",", "\xef\xbb\xbf"},
                 [&](const std::string& input) {
                   const auto file = folder_.write("x.csv", input);
                   return fuzzing::accepts<SettingsError>([&] {
                     for (const auto& genome : read_genomes(file, space))
                       fuzzing::require(space.parse(space.text(genome)) == space.canonical(genome), "another genome");
                   });
                 }});
}

}  // namespace
}  // namespace evobrnn
