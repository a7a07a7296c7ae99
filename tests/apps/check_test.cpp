// SPDX-License-Identifier: Apache-2.0
/// The real program: what `check` and what starts a training refuse.
#include <gmock/gmock.h>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Check : public testing::Program {
 protected:
  Outcome check(const std::string& text, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"check", write("c.toml", text)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return call(arguments);
  }
  /// A command that is told these genes.
  Outcome check_genes(const std::string& genes, const std::vector<std::string>& more = {}) const {
    return check(
        "name = \"genes\"\n[evaluator]\ncommand = [\"echo\", \"{\\\"score\\\": 1}\"]\n[search]\nstrategy = "
        "\"random\"\npopulation = 8\ngenerations = 1\n[final]\nseeds = 0\n[genes]\n" +
            genes,
        more);
  }
  void refuses(const Outcome& outcome, const std::string& text) const {
    EXPECT_EQ(outcome.code, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(text));
  }
  void accepts(const Outcome& outcome) const { EXPECT_EQ(outcome.code, 0) << outcome.err; }
};

constexpr const char* kNetwork =
    "name = \"net\"\n[model]\nname = \"leaky\"\nn = 8\n[task]\ntrain_samples = 100\nvalidation_samples = 50\n"
    "test_samples = 50\n[train]\nsamples = 32\nbatch = 16\n";

TEST_F(Check, ConditionsCompareValues) {
  const std::string genes =
      "dropout = { values = [0.0, 0.5] }\nkind = { values = [\"a\", \"1\"] }\ndepth = { low = 1, high = 3 }\nflag = { "
      "values = [true, false] }\n";
  const auto when = [&](const std::string& condition) {
    return check_genes(genes + "extra = { low = 1.0, high = 2.0, when = { " + condition + " } }\n", {"--resolved"});
  };
  for (const auto* condition : {"dropout = 0", "dropout = 0.0", "dropout = 0.50", "kind = \"a\"", "kind = \"1\"",
                                "depth = [2.0, 3.0]", "depth = [2, 3]", "flag = true"})
    accepts(when(condition));
  EXPECT_THAT(when("dropout = 0").out, HasSubstr("when = { \"dropout\" = [0] }"));
  refuses(when("kind = \"c\""), "kind = \"c\" can never hold: kind is one of \"a\", \"1\"");
  refuses(when("kind = 1"), "kind = 1 can never hold");
  refuses(when("depth = 9"), "depth = 9 can never hold: depth is an integer from 1 to 3");
  refuses(when("depth = [2, 9]"), "depth = 9 can never hold");
  refuses(when("depth = 1.5"), "depth = 1.5 can never hold");
  refuses(when("flag = 1"), "flag = 1 can never hold: flag is one of true, false");
  refuses(when("dropout = 0.25"), "can never hold");
  refuses(when("dropout = []"), "at least one");
  refuses(when("nothing = 1"), "nothing");
  refuses(check_genes("x = { low = 0.0, high = 1.0 }\ny = { low = 0.0, high = 1.0, when = { x = 0.5 } }\n"),
          "would as good as never hold: x is any real number in [0, 1]");
  refuses(check_genes(genes + "a = { low = 0, high = 1, when = { depth = 1 } }\nb = { low = 0.0, high = 1.0, when = { "
                              "a = 1, depth = 2 } }\n"),
          "need several values of depth at once");
}

TEST_F(Check, ConditionsOnSettingsCompareValuesToo) {
  const std::string genes =
      "[search]\nstrategy = \"random\"\npopulation = 6\ngenerations = 1\n[final]\nseeds = 0\n[genes]\n";
  const auto with = [&](const std::string& more) { return check(kNetwork + genes + more); };
  accepts(
      with("train.lr = { values = [0.01, 1] }\nmodel.gain = { low = 1, high = 10, when = { \"train.lr\" = 1 } }\n"));
  accepts(with("train.batch = { low = 8, high = 16, when = { \"model.n\" = 8 } }\n"));
  accepts(with("train.batch = { low = 8, high = 16, when = { \"train.clip\" = 1 } }\n"));
  refuses(with("train.batch = { low = 8, high = 16, when = { \"model.n\" = 9 } }\n"),
          "is only read where model.n = 9; here it is 8");
  refuses(with("model.n = { values = [10, 20] }\ntrain.batch = { low = 8, high = 16, when = { \"model.n\" = 30 } }\n"),
          "model.n = 30 can never hold: model.n is one of 10, 20");
}

TEST_F(Check, AConditionThatHoldsLetsTheGeneBeSearched) {
  write("s.toml",
        "name = \"s\"\n[evaluator]\ncommand = [\"echo\", \"{\\\"score\\\": 1}\"]\n[search]\nstrategy = "
        "\"grid\"\n[search.grid]\npoints = 3\n[final]\nseeds = 0\n[genes]\ndropout = { values = [0.0, 0.5] }\nextra = "
        "{ low "
        "= 1.0, high = 2.0, when = { dropout = 0 } }\n");
  const auto outcome = call({"run", "s.toml", "--out", "s", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr(R"("genome":{"dropout":0.0,"extra":1.5})"), HasSubstr(R"("genome":{"dropout":0.5})")));
}

TEST_F(Check, RangesThatNoStrategyCanDrawFromAreRefused) {
  refuses(check_genes("x = { low = -1.7e308, high = 1.7e308 }\n"), "wider than the largest double");
  refuses(check_genes("x = { low = 5e-324, high = 1.0, scale = \"log\" }\n"), "lose their digits");
  refuses(check_genes("x = { low = -1.0, high = 1.0, scale = \"log\" }\n"), "above 0 on a logarithmic scale");
  refuses(check_genes("k = { low = 0, high = 9007199254740993 }\n"), "from -2^53 to 2^53");
  refuses(check_genes("x = { low = 1.0, high = inf }\n"), "must be");
  refuses(check_genes("x = { low = 1.0, high = nan }\n"), "must be");
  accepts(check_genes("x = { low = 0.0, high = 1e-300 }\n"));
}

TEST_F(Check, DaleWithNegativeRatesIsRefused) {
  const std::string kRule = "needs model.dale = false: under Dale's principle rates have to be positive";
  refuses(check(kNetwork, {"--set", "model.activation=tanh"}), kRule);
  accepts(check(kNetwork, {"--set", "model.activation=tanh", "--set", "model.dale=false"}));
  accepts(check(kNetwork, {"--set", "model.name=simple_gru", "--set", "model.activation=tanh"}));
  const auto trained = call({"train", write("n.toml", kNetwork), "--set", "model.activation=tanh", "--out", "t"});
  refuses(trained, kRule);
  EXPECT_FALSE(testing::fs::exists(folder() / "t"));

  const std::string search = std::string(kNetwork) +
                             "[search]\nstrategy = \"random\"\npopulation = 6\ngenerations = 1\n[final]\nseeds = "
                             "0\n[genes]\nmodel.gain = { low = 1.0, high = 5.0 }\n";
  const std::string both = "model.activation = { values = [\"sigmoid\", \"tanh\"] }\n";
  refuses(check(search + both), kRule);
  accepts(check(search + both, {"--set", "model.dale=false"}));
  refuses(check(search + both + "model.dale = { values = [true, false] }\n", {"--set", "model.dale=false"}), kRule);
  accepts(check(search + "model.dale = { values = [true, false] }\nmodel.activation = { values = [\"sigmoid\", "
                         "\"tanh\"], when = { \"model.dale\" = false } }\n"));
}

}  // namespace
}  // namespace evobrnn
