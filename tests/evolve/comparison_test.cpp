// SPDX-License-Identifier: Apache-2.0
/// Whole comparisons of analytic arms: what they say, and how often they are right.
#include "evolve/comparison/comparison.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "evolve/comparison/comparison_json.hpp"
#include "evolve/comparison/comparison_tables.hpp"
#include "evolve/statistics/effect.hpp"

namespace evobrnn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ArmRepeat repetition(std::int64_t repeat, double score) {
  ArmRepeat r;
  r.repeat = repeat;
  r.test = r.validation = score;
  r.search = {10, 0, 1000, 1e9, 1, 1};
  r.finals = {1, 0, 1000, 1e9, 1, 1};
  r.progress = {{1e8, score - 0.1}, {1e9, score}};
  r.champion = "{}";
  return r;
}

ArmRecord arm(const std::string& name, const std::vector<double>& scores) {
  ArmRecord record{name, "ga", "", {}, {}};
  for (const double score : scores)
    record.repeats.push_back(repetition(static_cast<std::int64_t>(record.repeats.size()), score));
  return record;
}

ComparisonSettings settings(std::int64_t repeats) {
  ComparisonSettings s;
  s.repeats = repeats;
  return s;
}

/// Arms whose repetitions share part of their chance, as pairs do; `shifts` are the arms' true means above 0.9.
Comparison drawn(Chance& chance, std::size_t n, const std::vector<double>& shifts, double spread,
                 const ComparisonSettings& s) {
  std::vector<std::vector<double>> scores(shifts.size());
  for (std::size_t r = 0; r < n; ++r) {
    const double shared = 0.01 * chance.normal();
    // Differences of two arms get the standard deviation `spread`.
    for (std::size_t i = 0; i < shifts.size(); ++i)
      scores[i].push_back(0.9 + shifts[i] + shared + spread / std::sqrt(2.0) * chance.normal());
  }
  std::vector<ArmRecord> arms;
  for (std::size_t i = 0; i < shifts.size(); ++i)
    arms.push_back(arm(std::string(1, static_cast<char>('a' + i)), scores[i]));
  constexpr int kResamples = 2000;  // a thousand comparisons
  return compare_arms(s, ScoreKind::accuracy, std::move(arms), 1, kResamples);
}

bool differs(const PairSummary& pair) { return is_difference(pair.verdict); }

constexpr int kComparisons = 1000;
constexpr double kSpread = 0.01;

TEST(Calibration, EqualArmsAreRarelyCalledDifferent) {
  Chance chance(1);
  int two = 0, three = 0;
  for (int i = 0; i < kComparisons; ++i) {
    two += differs(drawn(chance, 10, {0, 0}, kSpread, settings(10)).pairs[0]);
    const auto c = drawn(chance, 10, {0, 0, 0}, kSpread, settings(10));
    three += std::any_of(c.pairs.begin(), c.pairs.end(), differs);
  }
  EXPECT_LE(two, 0.05 * kComparisons);
  EXPECT_LE(three, 0.05 * kComparisons) << "of three pairs, any";
  EXPECT_GT(two, 0) << "a test that never errs finds nothing either";
}

TEST(Calibration, AKnownDifferenceIsFoundWithThePredictedPower) {
  for (const double effect : {0.7, 1.2}) {
    Chance chance(2);
    int found = 0;
    for (int i = 0; i < kComparisons; ++i)
      found += differs(drawn(chance, 10, {effect * kSpread, 0}, kSpread, settings(10)).pairs[0]);
    EXPECT_NEAR(static_cast<double>(found) / kComparisons, signed_rank_power(10, effect, 0.05), 0.05);
  }
}

/// What the program calls detectable with 80 % is, also of several pairs, of which the others are no different.
TEST(Calibration, TheDetectableDifferenceIsDetected) {
  for (const std::size_t arms : {2, 3}) {
    Chance chance(3);
    const double pairs = arms == 2 ? 1 : 3;
    std::vector<double> shifts(arms, 0);
    shifts[0] = *detectable_effect(12, 0.05 / pairs) * kSpread;
    int found = 0;
    for (int i = 0; i < kComparisons; ++i) found += differs(drawn(chance, 12, shifts, kSpread, settings(12)).pairs[0]);
    EXPECT_GE(static_cast<double>(found) / kComparisons, 0.75);
    if (arms == 2) {
      EXPECT_LE(static_cast<double>(found) / kComparisons, 0.85);
    }
  }
}

TEST(Calibration, IntervalsCoverTheTruth) {
  for (const std::size_t n : {8, 12}) {
    Chance chance(4);
    int shift = 0, mean_difference = 0, mean = 0;
    const auto covers = [](const std::optional<Interval>& i, double truth) {
      return i && i->low <= truth && truth <= i->high;
    };
    for (int i = 0; i < kComparisons; ++i) {
      const auto c = drawn(chance, n, {0.5 * kSpread, 0}, kSpread, settings(static_cast<std::int64_t>(n)));
      shift += covers(c.pairs[0].shift_interval, 0.5 * kSpread);
      mean_difference += covers(c.pairs[0].mean_interval, 0.5 * kSpread);
      mean += covers(c.summaries[1].mean_interval, 0.9);
    }
    for (const int count : {shift, mean_difference, mean}) {
      EXPECT_GE(count, 0.93 * kComparisons) << "n = " << n;
      EXPECT_LE(count, 0.97 * kComparisons) << "n = " << n;
    }
  }
}

TEST(Calibration, ArmsAtTheMarginAreRarelyCalledEquivalent) {
  Chance chance(5);
  auto s = settings(10);
  s.margin = 0.5 * kSpread;
  int at_margin = 0, equal = 0;
  for (int i = 0; i < kComparisons; ++i) {
    at_margin += drawn(chance, 10, {s.margin, 0}, kSpread, s).pairs[0].p_equivalence <= s.alpha;
    equal += drawn(chance, 10, {0, 0}, 0.2 * kSpread, s).pairs[0].verdict == Verdict::equivalent;
  }
  EXPECT_LE(at_margin, 0.06 * kComparisons);
  EXPECT_GT(equal, 0.9 * kComparisons);
}

TEST(Comparison, SaysWhoBeatsWhomByHowMuch) {
  const auto c = compare_arms(settings(8), ScoreKind::accuracy,
                              {arm("ga", {0.950, 0.955, 0.960, 0.952, 0.949, 0.957, 0.954, 0.951}),
                               arm("gradient", {0.930, 0.940, 0.935, 0.938, 0.936, 0.934, 0.931, 0.939})},
                              1);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::better);
  EXPECT_DOUBLE_EQ(*c.pairs[0].p, 2 / 256.0);
  EXPECT_THAT(c.conclusion[0], HasSubstr("ga beats gradient by 1.8"));
  EXPECT_THAT(c.conclusion[0], HasSubstr("p = 0.008, 8 pairs"));
  EXPECT_THAT(c.warnings, IsEmpty());
  EXPECT_DOUBLE_EQ(*c.spread, 0);
}

/// Arms of which the second is behind the first by these differences.
Comparison behind_by(const std::vector<double>& differences, double margin = 0.005) {
  std::vector<double> first, second;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    first.push_back(0.9 + 0.003 * static_cast<double>(i % 3));
    second.push_back(first.back() - differences[i]);
  }
  auto s = settings(static_cast<std::int64_t>(differences.size()));
  s.margin = margin;
  return compare_arms(s, ScoreKind::accuracy, {arm("a", first), arm("b", second)}, 1);
}

TEST(Verdicts, ADifferenceWithinTheMarginIsNoVictory) {
  const std::vector<double> small{0.001, 0.0012, 0.0009, 0.0011, 0.0013, 0.0008, 0.00105, 0.00095};
  auto c = behind_by(small);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::little_better);
  EXPECT_EQ(to_text(c.pairs[0].verdict), "better, by less than the margin");
  EXPECT_LE(*c.pairs[0].p_holm, 0.05);
  EXPECT_LE(*c.pairs[0].p_equivalence, 0.05);
  EXPECT_THAT(c.conclusion[0], HasSubstr("a is better than b, but by less than the margin: by 0.10 points"));
  EXPECT_THAT(c.conclusion[0], HasSubstr("less than the margin of 0.50 points (equivalence p < 0.001)"));
  for (const auto& text : c.conclusion) EXPECT_THAT(text, Not(HasSubstr("beats")));
  EXPECT_THAT(to_markdown(c, "x"), HasSubstr("better, by less than the margin"));
  EXPECT_THAT(to_json(c, "x"), HasSubstr("\"verdict\": \"better, by less than the margin\""));
  EXPECT_THAT(to_csv(c).at("pairs.csv"), HasSubstr("\"better, by less than the margin\""));

  std::vector<double> turned;
  for (const double d : small) turned.push_back(-d);
  c = behind_by(turned);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::little_worse);
  EXPECT_THAT(c.conclusion[0], HasSubstr("b is better than a, but by less than the margin: by 0.10 points"));
  EXPECT_EQ(behind_by(small, 0.0001).pairs[0].verdict, Verdict::better);
  EXPECT_EQ(behind_by(small, 0).pairs[0].verdict, Verdict::better) << "without a margin nothing is within it";
}

TEST(Verdicts, OfADifferenceAroundTheMarginSayThatItsSizeIsOpen) {
  const auto c = behind_by({0.001, 0.009, 0.004, 0.006, 0.002, 0.008, 0.005, 0.007});
  EXPECT_EQ(c.pairs[0].verdict, Verdict::better);
  EXPECT_THAT(c.conclusion[0], HasSubstr("a beats b"));
  EXPECT_THAT(c.conclusion[0], HasSubstr("that it is more than the margin of 0.50 points was not shown"));
  const auto large = behind_by({0.031, 0.039, 0.034, 0.036, 0.032, 0.038, 0.035, 0.037});
  EXPECT_THAT(large.conclusion[0], Not(HasSubstr("was not shown")));
}

TEST(Verdicts, EquivalentAndUndecidedAreToldApart) {
  EXPECT_EQ(behind_by({0.001, -0.001, 0.0005, -0.0004, 0.0008, -0.0009, 0.0002, -0.0003}).pairs[0].verdict,
            Verdict::equivalent);
  EXPECT_EQ(behind_by({0.05, -0.05, 0.03, -0.02, 0.04, -0.04, 0.01, -0.03}).pairs[0].verdict, Verdict::undecided);
}

TEST(Pairs, HaveTheirOwnProbabilityOfImprovementAndCorrelation) {
  const auto c =
      compare_arms(settings(6), ScoreKind::accuracy,
                   {arm("a", {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}), arm("b", {0.11, 0.19, 0.3, 0.41, 0.51, 0.61})}, 1);
  EXPECT_DOUBLE_EQ(*c.pairs[0].improvement, 1.5 / 6) << "one pair won, one tied";
  EXPECT_DOUBLE_EQ(*c.pairs[0].a12, 16.5 / 36) << "of any two repetitions it is another number";
  EXPECT_NEAR(*c.pairs[0].correlation, 0.9992320, 1e-6);
  EXPECT_EQ(c.pairs[0].repeats, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Pairs, SayWhyAnIntervalAndAPContradict) {
  // Alone each pair has p = 0.031 and an interval without 0; corrected over three pairs none is a difference.
  const auto c = compare_arms(settings(6), ScoreKind::accuracy,
                              {arm("a", {0.95, 0.96, 0.955, 0.957, 0.952, 0.951}),
                               arm("b", std::vector<double>(6, 0.9)), arm("c", std::vector<double>(6, 0.8))},
                              1);
  for (const auto& pair : c.pairs) {
    EXPECT_FALSE(is_difference(pair.verdict));
    if (pair.shift_interval && pair.p_holm && (pair.shift_interval->low > 0) != (*pair.p_holm <= 0.05)) {
      EXPECT_THAT(pair.note, HasSubstr("corrected over 3 pairs"));
    }
  }
  EXPECT_THAT(c.pairs[0].note, HasSubstr("the 95 % interval of the shift"));
  EXPECT_THAT(c.conclusion, ::testing::Contains(HasSubstr("Of a and b: the 95 % interval")));
  EXPECT_THAT(to_json(c, "x"), HasSubstr("corrected over 3 pairs"));
  // Ties: pairs without a difference are left out of the test, and count in the interval.
  const auto ties = behind_by({0.01, 0.02, 0.03, 0.01, 0.02, 0.03, 0, 0, 0, 0, 0, 0}, 0);
  const auto& pair = ties.pairs[0];
  EXPECT_LE(*pair.p, 0.05);
  EXPECT_LE(pair.shift_interval->low, 0);
  EXPECT_THAT(pair.note, HasSubstr("the test leaves pairs without a difference out"));
}

TEST(Comparison, SaysBeforehandWhatNoPCanReach) {
  EXPECT_FALSE(out_of_reach(settings(6), 2));
  EXPECT_THAT(*out_of_reach(settings(5), 2),
              AllOf(HasSubstr("the smallest that 5 repetitions can give is 0.0625"), HasSubstr("compare.repeats = 6")));
  const auto corrected = *out_of_reach(settings(6), 3);
  EXPECT_THAT(corrected, AllOf(HasSubstr("0.0938 after Holm's correction over 3 pairs"),
                               HasSubstr("compare.repeats = 7"), HasSubstr("compare.reference")));
  auto with_reference = settings(6);
  with_reference.reference = "a";
  EXPECT_THAT(*out_of_reach(with_reference, 3), HasSubstr("0.0625 after Holm's correction over 2 pairs"));
  EXPECT_FALSE(out_of_reach(settings(8), 3));
}

TEST(Comparison, OfOneRepetitionMakesNoTest) {
  const auto c = compare_arms(settings(1), ScoreKind::accuracy, {arm("a", {0.9}), arm("b", {0.8})}, 1);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::too_few);
  EXPECT_FALSE(c.pairs[0].p || c.pairs[0].p_holm || c.pairs[0].p_permutation || c.pairs[0].p_equivalence);
  EXPECT_FALSE(c.pairs[0].shift_interval || c.pairs[0].mean_interval || c.summaries[0].mean_interval);
  EXPECT_THAT(c.warnings[0], HasSubstr("one repetition"));
  EXPECT_THAT(to_terminal(c), Not(HasSubstr("nan")));
}

TEST(Comparison, OfFivePairsSaysThatTheyAreTooFew) {
  const auto c = compare_arms(settings(5), ScoreKind::accuracy,
                              {arm("a", {0.9, 0.91, 0.92, 0.93, 0.94}), arm("b", {0.1, 0.12, 0.11, 0.13, 0.1})}, 1);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::too_few);
  EXPECT_FALSE(c.pairs[0].p);
}

TEST(Comparison, OfEqualScoresEverywhereSaysSo) {
  const auto c = compare_arms(settings(8), ScoreKind::accuracy,
                              {arm("a", std::vector<double>(8, 0.9)), arm("b", std::vector<double>(8, 0.9))}, 1);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::identical);
  EXPECT_FALSE(c.pairs[0].p);
  EXPECT_THAT(c.conclusion[0], HasSubstr("the same score in every repetition"));
  EXPECT_THAT(to_json(c, "x"), Not(HasSubstr("nan")));
}

TEST(Comparison, WithAnArmThatAlwaysFailsSaysWhy) {
  auto failing = arm("b", std::vector<double>(8, 0.5));
  for (auto& r : failing.repeats) {
    r = ArmRepeat{};
    r.problem = "all 3 trainings of its search failed, the last one as diverged: loss";
    r.search = {3, 3, 10, 1e8, 1, 1};
  }
  const auto c = compare_arms(settings(8), ScoreKind::accuracy, {arm("a", std::vector<double>(8, 0.9)), failing}, 1);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::nothing);
  EXPECT_THAT(c.conclusion[0], HasSubstr("cannot be compared"));
  EXPECT_THAT(c.warnings, ::testing::Contains(HasSubstr("8 of 8 repetitions have no score")));
  EXPECT_THAT(c.warnings, ::testing::Contains(HasSubstr("unequal compute")));
  EXPECT_NO_THROW(nlohmann::json::parse(to_json(c, "x")));
  EXPECT_THAT(to_terminal(c), HasSubstr("–"));
}

TEST(Comparison, LeavesOutOnlyThePairsThatMiss) {
  auto a = arm("a", {0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96});
  a.repeats[2].test.reset();
  a.repeats[2].problem = "it failed";
  const auto c =
      compare_arms(settings(7), ScoreKind::accuracy, {a, arm("b", {0.8, 0.81, 0.99, 0.82, 0.85, 0.83, 0.84})}, 1);
  EXPECT_EQ(c.pairs[0].pairs, 6u);
  EXPECT_EQ(c.pairs[0].verdict, Verdict::better);
}

TEST(Comparison, FlagsADependenceOnTheTimeStep) {
  auto a = arm("a", std::vector<double>(8, 0.9)), b = a;
  b.name = "b";
  for (auto& r : a.repeats) r.finer_steps = {{2, 0.88 + 0.0001 * static_cast<double>(r.repeat)}, {4, 0.9}};
  for (auto& r : b.repeats) r.finer_steps = {{2, 0.9}, {4, 0.9}};
  const auto c = compare_arms(settings(8), ScoreKind::accuracy, {a, b}, 1);
  EXPECT_TRUE(c.summaries[0].steps[0].depends);
  EXPECT_FALSE(c.summaries[0].steps[1].depends);
  EXPECT_FALSE(c.summaries[1].steps[0].depends);
  EXPECT_THAT(c.warnings[0], HasSubstr("depends on the time step"));
}

TEST(Comparison, ComparesWithAReferenceOnly) {
  auto s = settings(8);
  s.reference = "b";
  const auto scores = std::vector<double>{0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97};
  const auto c = compare_arms(s, ScoreKind::accuracy, {arm("a", scores), arm("b", scores), arm("c", scores)}, 1);
  ASSERT_EQ(c.pairs.size(), 2u);
  for (const auto& pair : c.pairs) EXPECT_EQ(c.arms[pair.second].name, "b");
}

TEST(Comparison, FindsHowFarGradientsMovedAndWhenTheTargetWasReached) {
  auto a = arm("a", {0.9, 0.91, 0.92});
  for (auto& r : a.repeats) r.trained["model.dt"] = {0.3, 0.3 + 0.1 * static_cast<double>(r.repeat + 1)};
  auto s = settings(3);
  s.target = 0.85;
  const auto c = compare_arms(s, ScoreKind::accuracy, {a, arm("b", {0.8, 0.95, 0.8})}, 1);
  EXPECT_DOUBLE_EQ(c.summaries[0].moved.at("model.dt").median_change, 0.2);
  EXPECT_EQ(c.summaries[0].reached_target, 3);
  EXPECT_EQ(c.summaries[1].reached_target, 1);
  EXPECT_EQ(*c.summaries[0].cost_of_target, 1e9);
  EXPECT_FALSE(c.summaries[1].cost_of_target);
}

TEST(Comparison, WritesCsvWithACellForEveryColumn) {
  auto a = arm("a", {0.9, 0.91});
  a.repeats[0].champion = R"({"model.n":3,"model.a_kind":"ei"})";
  for (const auto& [name, csv] : to_csv(compare_arms(settings(2), ScoreKind::mse, {a, arm("b", {0.9, 0.8})}, 1))) {
    std::istringstream lines(csv);
    std::string header, line;
    std::getline(lines, header);
    const auto cells = [](const std::string& text) {
      std::size_t count = 1;
      bool quoted = false;
      for (const char c : text) {
        if (c == '"') quoted = !quoted;
        count += c == ',' && !quoted;
      }
      return count;
    };
    while (std::getline(lines, line)) EXPECT_EQ(cells(line), cells(header)) << name << ": " << line;
  }
}

}  // namespace
}  // namespace evobrnn
