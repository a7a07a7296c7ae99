// SPDX-License-Identifier: Apache-2.0
#include "evolve/experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "evolve/genome_file.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;

/// A small table of trial settings in place of the real one, which needs LibTorch.
std::vector<Setting> trial_settings() {
  Setting kind;
  kind.path = "model.kind";
  kind.kind = SettingKind::text;
  kind.choices = {"ei", "constant"};
  Setting a;
  a.path = "model.A";
  a.low = 0;
  a.high = 10;
  a.low_open = a.high_open = true;
  a.conditions = {{"model.kind", {"constant"}}};
  Setting n;
  n.path = "model.n";
  n.kind = SettingKind::integer;
  n.low = 1;
  n.high = 1000;
  Setting list;
  list.path = "model.trained";
  list.kind = SettingKind::text_list;
  return {kind, a, n, list};
}

struct Read {
  SearchFile file;
  std::string errors;
};

Read read(const std::string& toml, const std::string& kind = "constant") {
  const testing::ScratchFolder folder;  // tests run side by side
  const auto path = folder / "experiment.toml";
  std::ofstream(path) << toml;
  std::vector<Diagnostic> mistakes;
  Read read;
  read.file = read_search_file(read_document(path), trial_settings(), mistakes);
  resolve_conditions(
      read.file, trial_settings(), [&](const std::string&) { return kind; }, mistakes);
  if (!mistakes.empty()) read.errors = SettingsError(mistakes).what();
  return read;
}

TEST(SearchFile, GenesTakeTheirKindFromTheSetting) {
  const auto result = read(
      "[genes]\nmodel.A = { low = 0.1, high = 2, scale = \"log\" }\nmodel.n = { low = 2, high = 9 }\nmodel.kind = { "
      "values = [\"ei\", \"constant\"] }\n");
  ASSERT_EQ(result.errors, "");
  const auto& genes = result.file.genes;
  ASSERT_EQ(genes.size(), 3U);
  EXPECT_EQ(genes[0].kind, GeneKind::real);
  EXPECT_EQ(genes[0].scale, GeneScale::log);
  EXPECT_EQ(genes[1].kind, GeneKind::integer);
  EXPECT_EQ(genes[2].kind, GeneKind::categorical);
}

TEST(SearchFile, AGeneTakesOverTheConditionsOfItsSetting) {
  const auto on_gene =
      read("[genes]\nmodel.A = { low = 0.1, high = 2 }\nmodel.kind = { values = [\"ei\", \"constant\"] }\n", "ei");
  ASSERT_EQ(on_gene.errors, "");
  ASSERT_EQ(on_gene.file.genes[0].conditions.size(), 1U);
  EXPECT_EQ(on_gene.file.genes[0].conditions[0].path, "model.kind");
  EXPECT_THAT(read("[genes]\nmodel.A = { low = 0.1, high = 2 }\n", "ei").errors,
              HasSubstr("only read where model.kind = constant; here it is ei"));
}

TEST(SearchFile, EveryMistakeIsToldAtOnceWithItsLine) {
  const auto errors = read(
                          "sede = 3\n[search]\npopulation = 0\nstrategy = \"gaa\"\n[modle]\nn = 3\n[genes]\nmodel.A = "
                          "{ low = 0, high = 2 }\n")
                          .errors;
  for (const auto* part :
       {"experiment.toml:1: sede", "did you mean seed?", "experiment.toml:3: search.population = 0", "did you mean ga?",
        "experiment.toml:6: modle.n", "did you mean model.n?", "experiment.toml:8: genes.model.A.low = 0"}) {
    EXPECT_THAT(errors, HasSubstr(part));
  }
}

TEST(SearchFile, BadGenesAreRefused) {
  const auto wrong = [](const std::string& gene, const std::string& part) {
    EXPECT_THAT(read("[genes]\n" + gene + "\n").errors, HasSubstr(part)) << gene;
  };
  wrong("model.A = { low = 1 }", "needs low and high");
  wrong("model.A = 3", "must be {");
  wrong("model.A = {}", "must be {");
  wrong("model.A = { low = 2, high = 1 }", "above low");
  wrong("model.A = { low = 1, high = 11 }", "must be a real number in (0, 10)");
  wrong("model.A = { low = 1, high = 2, scale = \"exp\" }", "linear");
  wrong("model.A = { low = 1, high = 2, hihg = 3 }", "did you mean high?");
  wrong("model.A = { low = nan, high = 2 }", "real number");
  wrong("model.n = { low = 1.5, high = 2 }", "an integer");
  wrong("model.kind = { values = [\"ei\"] }", "at least two");
  wrong("model.kind = { values = [\"ei\", \"ei\"] }", "twice");
  wrong("model.kind = { values = [\"ei\", \"eo\"] }", "did you mean ei?");
  wrong("model.kind = { low = 1, high = 2 }", "needs values");
  wrong("model.trained = { values = [\"A\", \"dt\"] }", "a list cannot be searched");
  wrong("model.nn = { low = 1, high = 2 }", "did you mean model.n?");
  wrong("model.n = { low = 1, high = 2, when = { \"model.kid\" = \"ei\" } }", "did you mean model.kind?");
}

TEST(SearchFile, StrategiesNeedTheirPopulation) {
  EXPECT_THAT(read("[search]\nstrategy = \"de1220\"\npopulation = 6\n").errors, HasSubstr("at least 7"));
  EXPECT_THAT(read("[search]\npopulation = 5\nga.elites = 5\n").errors, HasSubstr("below search.population"));
  EXPECT_THAT(read("[search]\nstrategy = \"gaco\"\ngaco.kernel = 1\n").errors, HasSubstr("2 to search.population"));
  EXPECT_THAT(read("[search]\nstrategy = \"random\"\nga.elites = 1\n").errors,
              HasSubstr("only read where search.strategy = ga"));
  EXPECT_THAT(
      read("[search]\nstrategy = \"grid\"\ngrid.points = 900000000\n[genes]\nmodel.A = { low = 1, high = 2 }\n").errors,
      HasSubstr("candidates"));
  EXPECT_THAT(read("name = \"a/b\"\n").errors, HasSubstr("name of a folder"));
}

class Genomes : public ::testing::Test {
 protected:
  std::string errors(const std::string& csv) {
    const auto file = folder_ / "genomes.csv";
    std::ofstream(file) << csv;
    try {
      genomes_ = read_genomes(file, testing::fake_space());
    } catch (const SettingsError& error) {
      return error.what();
    }
    return "";
  }
  testing::ScratchFolder folder_;
  std::vector<Genome> genomes_;
};

TEST_F(Genomes, AreReadInAnyColumnOrder) {
  EXPECT_EQ(errors("model.n,model.gain,model.activation\n3,0.5,tanh\n\n1, -1 ,\"sigmoid\"\n"), "");
  ASSERT_EQ(genomes_.size(), 2U);
  EXPECT_EQ(genomes_[0], testing::fake_genome(0.5, 3, "tanh"));
  EXPECT_EQ(genomes_[1], testing::fake_genome(-1, 1, "sigmoid"));
  const auto read = genomes_;
  EXPECT_EQ(errors(genomes_csv(testing::fake_space(), read)), "");
  EXPECT_EQ(genomes_, read);
}

/// Texts of users' programs: commas, quotes, blanks, line breaks, and none at all.
TEST_F(Genomes, EveryTextComesBack) {
  const std::vector<Scalar> texts = {std::string("a"),
                                     std::string("b,c"),
                                     std::string(""),
                                     std::string(" d"),
                                     std::string("d"),
                                     std::string("d "),
                                     std::string("e\"f"),
                                     std::string("\"g\""),
                                     std::string("h\ni"),
                                     std::string("j\r\n"),
                                     std::string("\xef\xbb\xbf"
                                                 "k"),
                                     std::string("=1+1")};
  auto free = categorical_gene("free", texts);
  auto bound = categorical_gene("bound", texts);
  bound.conditions = {{"on", {"1"}}};
  const SearchSpace space({free, integer_gene("on", 0, 1), bound, real_gene("x", -1, 1)});
  std::vector<Genome> genomes;
  for (const auto& text : texts) {
    genomes.push_back(space.canonical({text, std::int64_t{1}, text, 0.1}));
    genomes.push_back(space.canonical({text, std::int64_t{0}, text, -0.3}));
  }
  const auto file = folder_ / "texts.csv";
  for (const std::string mark : {"", "\xef\xbb\xbf"}) {
    std::ofstream(file) << mark << genomes_csv(space, genomes);
    EXPECT_EQ(read_genomes(file, space), genomes);
  }
}

TEST_F(Genomes, AreReadAsOthersAndOlderVersionsWriteThem) {
  const auto read_one = [&](const std::string& csv) {
    EXPECT_EQ(errors(csv), "") << csv;
    return genomes_.at(0);
  };
  EXPECT_EQ(read_one("\xef\xbb\xbfmodel.n,model.gain,model.activation\r\n3,0.5,tanh\r\n"),
            testing::fake_genome(0.5, 3, "tanh"));
  EXPECT_EQ(read_one("\"model.n\",\"model.gain\",\"model.activation\"\n\"3\",\"+0.5\", \"tanh\"\n"),
            testing::fake_genome(0.5, 3, "tanh"));
  EXPECT_EQ(read_one("model.n,model.gain,model.activation\n3.0,5e-1, tanh \n"), testing::fake_genome(0.5, 3, "tanh"));
  // As it was written before there were quotes: the text itself, where no comma is in it.
  const SearchSpace space(
      {categorical_gene("mode", {std::string("d"), std::string(" d"), std::string("")}), integer_gene("n", 1, 9)});
  const auto file = folder_ / "old.csv";
  std::ofstream(file) << "mode,n\nd,1\n d,2\n,3\n";
  const std::vector<Genome> expected{
      {std::string("d"), std::int64_t{1}}, {std::string(" d"), std::int64_t{2}}, {std::string(""), std::int64_t{3}}};
  EXPECT_EQ(read_genomes(file, space), expected);
}

TEST_F(Genomes, MistakesNameLineAndColumn) {
  const std::string header = "model.n,model.gain,model.activation\n";
  EXPECT_THAT(errors("model.n,model.gain\n3,0.5\n"), HasSubstr("model.activation: this gene has no column"));
  EXPECT_THAT(errors("model.n,model.gain,model.activation,model.x\n3,0.5,tanh,1\n"), HasSubstr("model.x: is no gene"));
  EXPECT_THAT(errors("model.n,model.n,model.gain,model.activation\n"), HasSubstr("twice"));
  EXPECT_THAT(errors(header + "3,0.5,tanh\n9,0.5,tanh\n"),
              HasSubstr("genomes.csv:3: model.n = 9: must be an integer from 1 to 5"));
  EXPECT_THAT(errors(header + "3,1e,tanh\n"), HasSubstr("model.gain = 1e"));
  EXPECT_THAT(errors(header + "3.5,0,tanh\n"), HasSubstr("model.n = 3.5"));
  EXPECT_THAT(errors(header + "3,0,relu\n"), HasSubstr("must be one of sigmoid, tanh"));
  EXPECT_THAT(errors(header + "3,0\n"), HasSubstr("has 2 cells"));
  EXPECT_THAT(errors(header + "3,,tanh\n"), HasSubstr("is empty"));
  EXPECT_THAT(errors(header), HasSubstr("no genome"));
  EXPECT_THAT(errors(""), HasSubstr("no genome"));
  EXPECT_THAT(errors(header + "\"3\",0,\"tanh\n"), HasSubstr("genomes.csv:2: a quote that begins here is not closed"));
  EXPECT_THAT(errors(header + "3,0,tanh\n3,0,\"tanh\"x\n"),
              HasSubstr("genomes.csv:3: text stands behind a closing quote"));
  EXPECT_THAT(errors(header + "3,0x1p-1,tanh\n"), HasSubstr("model.gain = 0x1p-1"));
  EXPECT_THROW(read_genomes(folder_ / "absent.csv", testing::fake_space()), SettingsError);
}

}  // namespace
}  // namespace evobrnn
