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
  x.conditions = {{"kind", {std::string("b"), std::string("c")}}};
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
  auto x = integer_gene("x", 0, 1), y = integer_gene("y", 0, 1);
  x.conditions = {{"z", {1}}};
  refused({x, y});
  x.conditions = {{"y", {1}}};
  y.conditions = {{"x", {1}}};
  refused({x, y});
}

std::string refusal(std::vector<Gene> genes) {
  try {
    SearchSpace space(std::move(genes));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(SearchSpace, RangesThatNoStrategyCanDrawFromAreRefused) {
  constexpr double kLeast = std::numeric_limits<double>::denorm_min();
  const auto log = [](double low, double high) { return refusal({real("x", low, high, GeneScale::log)}); };
  EXPECT_NE(refusal({real_gene("x", -1.7e308, 1.7e308)}).find("wider than the largest double"), std::string::npos);
  EXPECT_EQ(refusal({real_gene("x", 0, 1e100)}), "");
  EXPECT_NE(log(kLeast, 1).find("lose their digits"), std::string::npos);
  EXPECT_NE(log(-1, 1).find("above 0"), std::string::npos);
  EXPECT_NE(log(1e10, std::nextafter(1e10, 2e10)).find("logarithms are the same"), std::string::npos);
  EXPECT_EQ(log(1e-300, 1e300), "");
  constexpr auto kInteger = std::int64_t{1} << 53;
  EXPECT_THROW(integer_gene("n", 0, kInteger + 1), std::invalid_argument);
  EXPECT_EQ(refusal({integer_gene("n", -kInteger, kInteger)}), "");
  auto wide = integer_gene("n", 0, 1);
  wide.high = 0x1p60;
  EXPECT_NE(refusal({wide}).find("2^53"), std::string::npos);
}

TEST(SearchSpace, ConditionsCompareValues) {
  const auto dropout = categorical_gene("dropout", {0.0, 0.5}), flag = categorical_gene("flag", {true, false}),
             kind = categorical_gene("kind", {std::string("1"), std::string("b")}), depth = integer_gene("depth", 1, 3);
  const auto applies = [&](const std::string& path, std::vector<Scalar> values, const Genome& genome) {
    auto x = real("x", 1, 2);
    x.conditions = {{path, std::move(values)}};
    return SearchSpace({dropout, flag, kind, depth, x}).active(4, genome);
  };
  const Genome genome{0.0, true, std::string("1"), std::int64_t{2}, 1.5};
  EXPECT_TRUE(applies("dropout", {0}, genome));
  EXPECT_TRUE(applies("dropout", {0.0}, genome));
  EXPECT_TRUE(applies("dropout", {-0.0}, genome));
  EXPECT_TRUE(applies("dropout", {std::string("0")}, genome)) << "as older files write it";
  EXPECT_FALSE(applies("dropout", {0.5}, genome));
  EXPECT_TRUE(applies("flag", {true}, genome));
  EXPECT_TRUE(applies("kind", {std::string("1")}, genome));
  EXPECT_TRUE(applies("depth", {2.0, 3.0}, genome));
  EXPECT_FALSE(applies("depth", {3}, genome));
}

TEST(SearchSpace, ConditionsThatNeverHoldAreRefused) {
  const auto with = [](const Gene& other, std::vector<Scalar> values) {
    auto x = real("x", 1, 2);
    x.conditions = {{other.path, std::move(values)}};
    return refusal({other, x});
  };
  const auto depth = integer_gene("depth", 1, 3);
  for (const auto& text :
       {with(categorical_gene("k", {std::string("a"), std::string("b")}), {std::string("c")}), with(depth, {9}),
        with(depth, {1.5}), with(categorical_gene("k", {std::string("1"), std::string("2")}), {1}),
        with(categorical_gene("k", {true, false}), {1}), with(real_gene("k", 0, 1), {0.5}), with(depth, {})}) {
    EXPECT_NE(text.find("would never apply"), std::string::npos) << text;
  }
  // One of several is enough.
  EXPECT_EQ(with(depth, {2, 9}), "");
  // What two genes need of a third contradicts itself.
  auto x = real("x", 1, 2), y = integer_gene("y", 0, 1);
  x.conditions = {{"y", {1}}, {"depth", {1}}};
  y.conditions = {{"depth", {2, 3}}};
  EXPECT_NE(refusal({depth, x, y}).find("several values of depth at once"), std::string::npos);
}

}  // namespace
}  // namespace evobrnn
