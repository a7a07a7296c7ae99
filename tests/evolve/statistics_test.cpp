// SPDX-License-Identifier: Apache-2.0
/// Each procedure against published worked examples or the enumeration of every case.
#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "evolve/statistics/bootstrap.hpp"
#include "evolve/statistics/curves.hpp"
#include "evolve/statistics/effect.hpp"
#include "evolve/statistics/importance.hpp"
#include "evolve/statistics/paired_tests.hpp"
#include "evolve/statistics/summary.hpp"
#include "evolve/statistics/wilcoxon.hpp"

namespace evobrnn {
namespace {

using ::testing::DoubleNear;
using ::testing::Pointwise;

/// Two-sided p of the signed-rank test by all 2^n signs, with midranks.
double enumerated_signed_rank_p(const std::vector<double>& differences) {
  std::vector<double> sizes, ranks;
  for (const double d : differences) sizes.push_back(std::abs(d));
  for (const double size : sizes) {
    double below = 0, equal = 0;
    for (const double other : sizes) {
      below += other < size;
      equal += other == size;
    }
    ranks.push_back(below + (equal + 1) / 2);
  }
  const double middle = std::accumulate(ranks.begin(), ranks.end(), 0.0) / 2;
  const auto distance = [&](unsigned signs) {
    double sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += (signs >> i) & 1 ? ranks[i] : 0;
    return std::abs(sum - middle);
  };
  unsigned observed = 0;
  for (std::size_t i = 0; i < differences.size(); ++i) observed |= static_cast<unsigned>(differences[i] > 0) << i;
  int extreme = 0;
  for (unsigned signs = 0; signs < 1U << ranks.size(); ++signs) extreme += distance(signs) >= distance(observed) - 1e-9;
  return extreme / std::ldexp(1.0, static_cast<int>(ranks.size()));
}

// Hamilton depression scale before and after a tranquilliser: Hollander & Wolfe (1973), p. 29.
const std::vector<double> kBefore = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
const std::vector<double> kAfter = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};

TEST(SignedRank, GivesThePublishedStatisticAndP) {
  const auto test = signed_rank(paired_differences(kBefore, kAfter));
  EXPECT_EQ(test.n, 9u);
  EXPECT_EQ(test.statistic, 40);
  EXPECT_NEAR(test.p, 2 * 0.01953125, 1e-12);  // one-sided 10/512 there
  EXPECT_NEAR(hodges_lehmann(paired_differences(kBefore, kAfter)), 0.46, 1e-9);
}

TEST(SignedRank, IsExactWithTiesAsEveryAssignmentOfSignsSays) {
  Chance chance(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> differences(1 + chance.index(11));
    for (auto& d : differences) d = std::round(3 * chance.normal()) + (round % 2 == 0 ? 0.5 : chance.normal());
    EXPECT_NEAR(signed_rank(differences).p, enumerated_signed_rank_p(differences), 1e-12);
  }
}

TEST(SignedRank, LeavesOutPairsWithoutADifference) {
  EXPECT_EQ(signed_rank(std::vector<double>{0, 1, 2, 0, 3}).p, signed_rank(std::vector<double>{1, 2, 3}).p);
  EXPECT_EQ(signed_rank(std::vector<double>{0, 0}).p, 1);
  EXPECT_EQ(signed_rank({}).p, 1);
}

TEST(SignedRank, OfManyPairsIsNearTheExactOne) {
  Chance chance(2);
  std::vector<double> differences(50);
  for (auto& d : differences) d = 0.3 + chance.normal();
  const auto exact = signed_rank(differences);
  ASSERT_TRUE(exact.exact);
  differences.push_back(1e-9);  // the smallest rank: it hardly matters
  const auto normal = signed_rank(differences);
  ASSERT_FALSE(normal.exact);
  EXPECT_NEAR(normal.p, exact.p, 0.01);
}

TEST(SignedRank, SaysWhatItCouldReach) {
  EXPECT_EQ(smallest_signed_rank_p(5), 0.0625);
  EXPECT_EQ(smallest_signed_rank_p(6), 0.03125);
  EXPECT_EQ(critical_doubled_sum(5, 0.05), std::nullopt);
  EXPECT_EQ(critical_doubled_sum(6, 0.05), 0);
  EXPECT_EQ(critical_doubled_sum(10, 0.05), 2 * 8);  // the tables' critical value for n = 10 is 8
  EXPECT_EQ(critical_doubled_sum(20, 0.05), 2 * 52);
}

/// The interval holds exactly the shifts that the test does not refuse.
TEST(ShiftInterval, IsTheTestTurnedAround) {
  Chance chance(3);
  for (const std::size_t n : {6, 8, 10, 15}) {
    std::vector<double> differences(n);
    for (auto& d : differences) d = 0.5 + chance.normal();
    const auto interval = shift_interval(differences, 0.95);
    ASSERT_TRUE(interval);
    const auto p_at = [&](double shift) {
      auto moved = differences;
      for (auto& d : moved) d -= shift;
      return signed_rank(moved).p;
    };
    constexpr double kBeside = 1e-6;
    EXPECT_GT(p_at(interval->low + kBeside), 0.05);
    EXPECT_LE(p_at(interval->low - kBeside), 0.05);
    EXPECT_GT(p_at(interval->high - kBeside), 0.05);
    EXPECT_LE(p_at(interval->high + kBeside), 0.05);
  }
  EXPECT_FALSE(shift_interval(std::vector<double>{1, 2, 3, 4, 5}, 0.95)) << "five pairs reach no 95 %";
}

TEST(SignFlip, AgreesWithEveryExchange) {
  Chance chance(4);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> differences(1 + chance.index(10));
    for (auto& d : differences) d = chance.normal() + 0.3;
    const double observed = std::abs(std::accumulate(differences.begin(), differences.end(), 0.0));
    int extreme = 0;
    for (unsigned signs = 0; signs < 1U << differences.size(); ++signs) {
      double sum = 0;
      for (std::size_t i = 0; i < differences.size(); ++i) sum += (signs >> i) & 1 ? -differences[i] : differences[i];
      extreme += std::abs(sum) >= observed - 1e-9;
    }
    EXPECT_NEAR(sign_flip_p(differences, chance), extreme / std::ldexp(1.0, static_cast<int>(differences.size())),
                1e-12);
  }
}

TEST(SignFlip, ByRandomExchangesIsNearTheExactOne) {
  Chance chance(5);
  std::vector<double> differences(20);
  for (auto& d : differences) d = chance.normal() + 0.4;
  const double exact = sign_flip_p(differences, chance);
  differences.push_back(0);
  EXPECT_NEAR(sign_flip_p(differences, chance), exact, 0.01);
}

TEST(Holm, GivesTheTextbookExample) {
  EXPECT_THAT(holm(std::vector<double>{0.01, 0.04, 0.03, 0.005}),
              Pointwise(DoubleNear(1e-12), std::vector<double>{0.03, 0.06, 0.06, 0.02}));
  EXPECT_THAT(holm(std::vector<double>{0.6, 0.7}), Pointwise(DoubleNear(0), std::vector<double>{1, 1}));
}

/// Equivalence at level α and the 1 − 2α interval of the t distribution inside of the margin are the same statement.
TEST(Equivalence, IsTheIntervalInsideOfTheMargin) {
  // n = 5: t_{0.95, 4} = 2.131847 (any table).
  const std::vector<double> differences = {0.1, -0.2, 0.3, 0.0, 0.1};
  const double reach = std::abs(mean(differences)) + 2.131846786 * deviation(differences) / std::sqrt(5.0);
  EXPECT_NEAR(equivalence_p(differences, reach), 0.05, 1e-8);
  EXPECT_LT(equivalence_p(differences, reach + 0.01), 0.05);
  EXPECT_GT(equivalence_p(differences, reach - 0.01), 0.05);
  EXPECT_EQ(equivalence_p(std::vector<double>{0.1}, 1), 1) << "one pair shows nothing";
  EXPECT_EQ(equivalence_p(std::vector<double>{0.1, 0.1}, 1), 0);
  EXPECT_THROW(equivalence_p(differences, 0), std::invalid_argument);
}

// Spatial test data, A: Efron & Tibshirani (1993), tables 14.1 and 14.2: variance 171.5, BCa (115.8, 259.6) at 90 %.
TEST(Bootstrap, GivesThePublishedBcaInterval) {
  const std::vector<double> a = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                 0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
  const auto variance = [](Sample x) {
    const double s = deviation(x);
    return s * s * static_cast<double>(x.size() - 1) / static_cast<double>(x.size());
  };
  EXPECT_NEAR(variance(a), 171.5, 0.05);
  Chance chance(6);
  const auto interval = bca_interval(a, variance, 0.9, chance, 20000, /*expanded=*/false);
  EXPECT_NEAR(interval->low, 115.8, 3);
  EXPECT_NEAR(interval->high, 259.6, 6);
  const auto expanded = bca_interval(a, variance, 0.9, chance, 20000);
  EXPECT_LT(expanded->low, interval->low);
  EXPECT_GT(expanded->high, interval->high);
}

TEST(Bootstrap, OfDegenerateSamplesIsAPointOrNothing) {
  Chance chance(7);
  EXPECT_FALSE(bca_interval(std::vector<double>{1}, mean, 0.95, chance));
  EXPECT_EQ(bca_interval(std::vector<double>{2, 2, 2}, mean, 0.95, chance), (Interval{2, 2}));
  const auto two = bca_interval(std::vector<double>{1, 3}, mean, 0.95, chance);
  EXPECT_TRUE(two && two->low >= 1 && two->high <= 3 && two->low <= two->high);
}

TEST(Effect, IsTheShareOfPairsThatWin) {
  const std::vector<double> x = {1, 3, 5}, y = {2, 3};
  EXPECT_DOUBLE_EQ(vargha_delaney(x, y), (0 + 0 + 1 + 0.5 + 1 + 1) / 6);
  EXPECT_DOUBLE_EQ(cliffs_delta(x, y), 2 * vargha_delaney(x, y) - 1);
  EXPECT_DOUBLE_EQ(vargha_delaney(x, y) + vargha_delaney(y, x), 1);
  EXPECT_FALSE(standardised_difference(std::vector<double>{1, 1}));
  EXPECT_THROW(vargha_delaney({}, y), std::invalid_argument);
}

TEST(Effect, OfPairsIsTheShareThatTheFirstWins) {
  EXPECT_DOUBLE_EQ(probability_of_improvement(std::vector<double>{1, -1, 0, 2}), 2.5 / 4);
  EXPECT_THROW(probability_of_improvement({}), std::invalid_argument);
  const std::vector<double> x = {1, 2, 3, 4}, y = {2, 1, 4, 3};
  EXPECT_DOUBLE_EQ(*correlation(x, y), 0.6);
  EXPECT_DOUBLE_EQ(*correlation(x, x), 1);
  EXPECT_FALSE(correlation(x, std::vector<double>(4, 0.1))) << "it does not vary";
  EXPECT_FALSE(correlation(std::vector<double>{1, 2}, std::vector<double>{2, 1})) << "two points lie on a line";
  EXPECT_THROW(correlation(x, std::vector<double>{1}), std::invalid_argument);
}

TEST(Equivalence, HasAnIntervalThatLiesWithinTheMarginWhereItsPIsSmall) {
  const std::vector<double> d = {0.1, 0.2, -0.1, 0.05, 0.15, 0.0, 0.1, -0.05};
  const auto interval = *equivalence_interval(d, 0.05);
  for (const double margin : {interval.high * 1.001, interval.high * 0.999})
    EXPECT_EQ(equivalence_p(d, margin) <= 0.05, interval.high < margin);
  EXPECT_FALSE(equivalence_interval(std::vector<double>{1}, 0.05));
}

TEST(SignedRank, SaysHowManyPairsItNeeds) {
  EXPECT_EQ(fewest_pairs(1, 0.05), 6U);
  EXPECT_EQ(fewest_pairs(3, 0.05), 7U);
  EXPECT_EQ(fewest_pairs(10, 0.05), 9U);
}

/// With n = 6 only all signs alike reach 0.05: the power is the probability of that.
TEST(Power, IsExactWhereItCanBeWrittenDown) {
  const double positive = 0.5 * std::erfc(-1 / std::sqrt(2.0));  // P(N(1, 1) > 0)
  EXPECT_NEAR(signed_rank_power(6, 1, 0.05), std::pow(positive, 6) + std::pow(1 - positive, 6), 0.03);
  EXPECT_EQ(signed_rank_power(5, 10, 0.05), 0);
  EXPECT_FALSE(detectable_effect(5, 0.05));
  EXPECT_NEAR(signed_rank_power(10, *detectable_effect(10, 0.05), 0.05), 0.8, 0.02);
  EXPECT_LT(*detectable_effect(20, 0.05), *detectable_effect(10, 0.05));
}

TEST(Summary, OfASampleIsAsDefined) {
  const std::vector<double> x = {4, 1, 3, 2, 5};
  const auto s = summarise(x);
  EXPECT_EQ(s.median, 3);
  EXPECT_EQ(s.mean, 3);
  EXPECT_NEAR(s.deviation, std::sqrt(2.5), 1e-12);
  EXPECT_EQ(quantile(x, 0.25), 2);
  EXPECT_DOUBLE_EQ(quantile(x, 0.1), 1.4);
  EXPECT_EQ(s.interquartile_mean, 3);
  EXPECT_THROW(summarise({}), std::invalid_argument);
  EXPECT_THROW(mean(std::vector<double>{1, NAN}), std::invalid_argument);
}

/// Every value four times over: then the middle half is whole values.
TEST(Summary, InterquartileMeanTakesOuterValuesByTheirFraction) {
  const std::vector<double> x = {0, 1, 5, 7, 100, 3};
  std::vector<double> four;
  for (const double value : sorted(x)) four.insert(four.end(), 4, value);
  EXPECT_NEAR(interquartile_mean(x), mean(Sample(four).subspan(6, 12)), 1e-12);
}

TEST(Curves, AreStepsAndTheirMeans) {
  const ProgressSteps steps = {{10, 0.5}, {20, 0.8}};
  EXPECT_FALSE(best_at(steps, 9.9));
  EXPECT_EQ(best_at(steps, 10), 0.5);
  EXPECT_EQ(best_at(steps, 100), 0.8);
  EXPECT_EQ(cost_of(steps, 0.6), 20);
  EXPECT_FALSE(cost_of(steps, 0.9));
  EXPECT_DOUBLE_EQ(*mean_height(steps, 10, 30), 0.65);
  const auto band = curve_band({steps, {{12, 0.6}}}, 30, 3);
  EXPECT_EQ(band.cost, (std::vector<double>{12, 21, 30}));
  EXPECT_DOUBLE_EQ(band.median[0], 0.55);
  EXPECT_DOUBLE_EQ(band.median[1], 0.7);
  EXPECT_TRUE(curve_band({steps, {}}, 30, 3).cost.empty());
}

Observations observed(std::size_t n, std::size_t variables, const std::function<double(const std::vector<double>&)>& f,
                      double noise = 0, std::uint64_t seed = 8) {
  Chance chance(seed);
  Observations o;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> row(variables);
    for (auto& x : row) x = chance.uniform();
    o.y.push_back(f(row) + noise * chance.normal());
    o.x.push_back(std::move(row));
  }
  return o;
}

double share(const Importance& importance, std::size_t first, std::optional<std::size_t> second = {}) {
  for (const auto& s : importance.shares) {
    if (s.first == first && s.second == second) return s.share;
  }
  return -1;
}

TEST(Importance, FindsTheVariableThatMatters) {
  const auto importance = functional_anova(observed(300, 3, [](const auto& x) { return x[1]; }), 1);
  EXPECT_GT(importance->explained, 0.95);
  EXPECT_GT(share(*importance, 1), 0.97);
  EXPECT_LT(share(*importance, 0), 0.01);
}

TEST(Importance, SharesTheVarianceOfASum) {
  // Var(2 x0) : Var(x1) = 4 : 1.
  const auto importance = functional_anova(observed(500, 3, [](const auto& x) { return 2 * x[0] + x[1]; }), 1);
  EXPECT_NEAR(share(*importance, 0), 0.8, 0.05);
  EXPECT_NEAR(share(*importance, 1), 0.2, 0.05);
  double sum = 0;
  for (const auto& s : importance->shares) {
    sum += s.share;
    EXPECT_GE(s.share, 0);
    EXPECT_LT(s.error, 0.05);
  }
  EXPECT_NEAR(sum, 1, 0.03);
}

TEST(Importance, FindsAnInteraction) {
  const auto either = [](const auto& x) { return (x[0] > 0.5) != (x[2] > 0.5) ? 1.0 : 0.0; };
  const auto importance = functional_anova(observed(600, 3, either), 1);
  EXPECT_GT(share(*importance, 0, 2), 0.7);
  EXPECT_LT(share(*importance, 0) + share(*importance, 2), 0.25);
}

/// The spread of the share over searches that drew other candidates; that over the trees of one search is much less.
TEST(Importance, HasTheErrorOfOtherCandidatesToo) {
  const auto f = [](const auto& x) { return std::sin(3 * x[0]) + x[0] * x[1]; };
  std::vector<double> shares, errors, tree_errors;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto importance = functional_anova(observed(80, 2, f, 0.1, seed), seed);
    shares.push_back(importance->shares[0].share);
    errors.push_back(importance->shares[0].error);
    tree_errors.push_back(importance->shares[0].tree_error);
  }
  EXPECT_GT(mean(errors), 0.7 * deviation(shares));
  EXPECT_LT(mean(errors), 1.6 * deviation(shares));
  EXPECT_LT(mean(tree_errors), 0.5 * deviation(shares)) << "which was told before";
}

TEST(Importance, SaysThatItExplainsNothingOfNoise) {
  const auto importance = functional_anova(observed(
                                               300, 4, [](const auto&) { return 0.0; }, 1),
                                           1);
  EXPECT_LT(importance->explained, 0.1);
}

TEST(Importance, IsRepeatableAndRefusesWhatItCannotUse) {
  const auto o = observed(100, 3, [](const auto& x) { return x[0] * x[1]; });
  EXPECT_EQ(share(*functional_anova(o, 5), 0), share(*functional_anova(o, 5), 0));
  EXPECT_FALSE(functional_anova(observed(19, 3, [](const auto& x) { return x[0]; }), 1)) << "too few";
  EXPECT_FALSE(functional_anova(observed(50, 3, [](const auto&) { return 1.0; }), 1)) << "no variance";
  auto outside = o;
  outside.x[3][1] = 1.5;
  EXPECT_THROW(functional_anova(outside, 1), std::invalid_argument);
  outside.x[3].pop_back();
  EXPECT_THROW(functional_anova(outside, 1), std::invalid_argument);
}

}  // namespace
}  // namespace evobrnn
