// SPDX-License-Identifier: Apache-2.0
#include "evolve/search_space.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace evobrnn {
namespace {

Gene real(const std::string& path, double low, double high, GeneScale scale = GeneScale::linear) {
  return {path, GeneKind::real, low, high, scale, {}, {}};
}

SearchSpace space_of_all_kinds() {
  Gene kind{"kind", GeneKind::categorical, 0,
            0,      GeneScale::linear,     {std::string("a"), std::string("b"), std::string("c")},
            {}};
  Gene n{"n", GeneKind::integer, 2, 40, GeneScale::log, {}, {}};
  auto lr = real("lr", 1e-4, 1e-1, GeneScale::log);
  auto x = real("x", -1, 1);
  x.conditions = {{"kind", {"b", "c"}}};
  return SearchSpace({kind, n, lr, x});
}

const std::vector<Codec> kCodecs = {Codec::mixed, Codec::ordered, Codec::relaxed};

TEST(SearchSpace, EncodeAndDecodeAreInverse) {
  const auto space = space_of_all_kinds();
  std::mt19937_64 random(1);
  for (const auto codec : kCodecs) {
    const auto [low, high] = space.bounds(codec);
    for (int i = 0; i < 300; ++i) {
      auto x = low;
      for (std::size_t d = 0; d < x.size(); ++d)
        x[d] = std::lerp(low[d], high[d], std::uniform_real_distribution<>(0, 1)(random));
      const auto genome = space.decode(x, codec);
      const auto again = space.decode(space.encode(genome, codec), codec);
      EXPECT_EQ(again.at(0), genome.at(0));
      EXPECT_EQ(again.at(1), genome.at(1));
      EXPECT_NEAR(std::get<double>(again.at(2)), std::get<double>(genome.at(2)), 1e-12);
      EXPECT_EQ(space.parse(space.text(genome)), genome);
    }
  }
}

TEST(SearchSpace, AnyVectorDecodesToAValidGenome) {
  const auto space = space_of_all_kinds();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto codec : kCodecs) {
    for (const double value : {-1e308, -3.0, 0.0, 1e308, nan, std::numeric_limits<double>::infinity()}) {
      const auto genome = space.decode(std::vector<double>(4, value), codec);
      EXPECT_EQ(space.parse(space.text(genome)), genome);
    }
  }
}

TEST(SearchSpace, TheIntegerTailIsWhatTheCodecSays) {
  const auto space = space_of_all_kinds();
  EXPECT_EQ(space.integer_tail(Codec::mixed), 2U);
  EXPECT_EQ(space.integer_tail(Codec::ordered), 1U);
  EXPECT_EQ(space.integer_tail(Codec::relaxed), 0U);
  EXPECT_EQ(space.bounds(Codec::mixed).first.back(), 0);
  EXPECT_EQ(space.bounds(Codec::mixed).second.back(), 2);
}

TEST(SearchSpace, RelaxedIntegersHaveEqualShares) {
  Gene n{"n", GeneKind::integer, 1, 4, GeneScale::linear, {}, {}};
  const SearchSpace space({n});
  std::vector<int> counts(5);
  const auto [low, high] = space.bounds(Codec::relaxed);
  for (int i = 0; i < 4000; ++i)
    ++counts[static_cast<std::size_t>(
        std::get<std::int64_t>(space.decode({std::lerp(low[0], high[0], (i + 0.5) / 4000)}, Codec::relaxed)[0]))];
  for (std::size_t k = 1; k <= 4; ++k) EXPECT_EQ(counts[k], 1000);
}

TEST(SearchSpace, GenesThatDoNotApplyMakeNoDifference) {
  const auto space = space_of_all_kinds();
  const Genome one{std::string("a"), std::int64_t{3}, 0.01, 0.5}, two{std::string("a"), std::int64_t{3}, 0.01, -0.7};
  EXPECT_EQ(space.canonical(one), space.canonical(two));
  EXPECT_EQ(space.text(one), space.text(two));
  EXPECT_EQ(space.text(one).find("\"x\""), std::string::npos);
  const Genome used{std::string("b"), std::int64_t{3}, 0.01, 0.5};
  EXPECT_NE(space.text(used).find("\"x\":0.5"), std::string::npos);
}

TEST(SearchSpace, TextThatIsNoGenomeIsRefused) {
  const auto space = space_of_all_kinds();
  for (const auto* text : {"", "[]", "{}", R"({"kind":"z","n":3,"lr":0.01})", R"({"kind":"a","n":3.5,"lr":0.01})",
                           R"({"kind":"a","n":99,"lr":0.01})", R"({"kind":"a","n":3,"lr":0.01,"x":0.5})",
                           R"({"kind":"b","n":3,"lr":0.01})", R"({"kind":"a","n":3,"lr":0.01,"y":1})"}) {
    EXPECT_THROW(space.parse(text), std::invalid_argument) << text;
  }
  const std::string deep =
      R"({"kind":"a","lr":0.01,"n":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_THROW(space.parse(deep), std::invalid_argument) << "it would run over the stack";
}

TEST(SearchSpace, ContradictionsAreRefused) {
  const auto refused = [](std::vector<Gene> genes) {
    EXPECT_THROW(SearchSpace(std::move(genes)), std::invalid_argument);
  };
  refused({});
  refused({real("x", 1, 0)});
  refused({real("x", 1, 1)});
  refused({real("x", 0, 1, GeneScale::log)});
  refused({real("x", 0, std::numeric_limits<double>::infinity())});
  refused({real("x", 0, 1), real("x", 0, 1)});
  refused({{"k", GeneKind::categorical, 0, 0, GeneScale::linear, {true}, {}}});
  refused({{"k", GeneKind::categorical, 0, 0, GeneScale::linear, {true, true}, {}}});
  refused({{"n", GeneKind::integer, 0.5, 3, GeneScale::linear, {}, {}}});
  auto x = real("x", 0, 1), y = real("y", 0, 1);
  x.conditions = {{"z", {"1"}}};
  refused({x, y});
  x.conditions = {{"y", {"1"}}};
  y.conditions = {{"x", {"1"}}};
  refused({x, y});
}

}  // namespace
}  // namespace evobrnn
