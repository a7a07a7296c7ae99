// SPDX-License-Identifier: Apache-2.0
/// Half-lives of simulated curves whose form is known. The long form of the coverage, scripts/half_life_coverage, sets
/// EVOBRNN_COVERAGE_CURVES.
#include "core/examination/decay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/examination/decay_fit.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<double> kTimes{0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};

struct Truth {
  std::string form;
  double half_life, share, width, chance;

  double at(double t) const {
    for (const auto& known : decay_forms()) {
      if (known.name != form) continue;
      const DecayValues values{0.9 * (1 - chance), tau_for(known, half_life, share, width), share, width};
      return chance + values.start * left_at(known, values, t);
    }
    throw std::out_of_range(form);
  }
};

/// 0 or 1 of each sample at each time; `nested`: a sample that is lost once stays lost.
std::vector<std::vector<double>> simulated(const Truth& truth, int samples, unsigned seed, bool nested) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<> uniform(0, 1);
  std::vector<std::vector<double>> each(kTimes.size(), std::vector<double>(static_cast<std::size_t>(samples)));
  for (std::size_t s = 0; s < each.front().size(); ++s) {
    double u = uniform(random);
    for (std::size_t i = 0; i < kTimes.size(); ++i) {
      if (!nested) u = uniform(random);
      each[i][s] = u < truth.at(kTimes[i]) ? 1 : 0;
    }
  }
  return each;
}

/// Scores that follow the curve as closely as so many samples can.
std::vector<std::vector<double>> exact(const std::function<double(double)>& y, int samples) {
  std::vector<std::vector<double>> each;
  for (const double t : kTimes) {
    each.emplace_back(static_cast<std::size_t>(samples), 0.0);
    for (int s = 0; s < std::lround(y(t) * samples); ++s)
      each.back()[static_cast<std::size_t>((s * 7919) % samples)] = 1;
  }
  return each;
}

Decay fit_of(const Truth& truth, int samples) {
  return fit_score_decay("test", kTimes, exact([&](double t) { return truth.at(t); }, samples), truth.chance);
}

TEST(ScoreDecay, EveryFormIsToldWithItsFloorAndHalfLife) {
  for (const Truth& truth :
       {Truth{"exponential", 6, 0, 1, 0.1}, Truth{"power", 6, 0, 1, 0.1}, Truth{"logistic", 20, 0, 0.3, 0.1},
        Truth{"exponential to a floor", 8, 0.25, 1, 0.1}, Truth{"power to a floor", 6, 0.2, 1, 0.1},
        Truth{"logistic to a floor", 16, 0.3, 0.3, 0.1}}) {
    const auto decay = fit_of(truth, 20011);
    EXPECT_EQ(decay.form, truth.form);
    EXPECT_EQ(decay.outcome, "halves");
    EXPECT_NEAR(decay.half_life, truth.half_life, 0.02 * truth.half_life) << truth.form;
    EXPECT_NEAR(decay.floor, truth.chance + truth.share * 0.9 * (1 - truth.chance), 0.01) << truth.form;
    EXPECT_EQ(decay.floor_fitted, truth.share > 0);
    EXPECT_NEAR(decay.start, 0.81, 0.01);
    EXPECT_LT(decay.low, truth.half_life);
    EXPECT_GT(decay.high, truth.half_life);
    EXPECT_NEAR(decay.observed, truth.half_life, 0.15 * truth.half_life) << "straight between the points";
    EXPECT_GT(decay.goodness, 0.5) << "closer to the form than chance would be";
    EXPECT_GT(decay.r2, 0.999);
    ASSERT_EQ(decay.curve.size(), 101U);
    EXPECT_NEAR(decay.curve.back().second, truth.at(64), 0.005);
  }
}

TEST(ScoreDecay, AFloorAboveHalfIsNeverReached) {
  const auto decay = fit_of({"exponential", 1, 0, 1, 0.1}, 10);  // for its chance alone
  EXPECT_EQ(decay.outcome, "halves");
  const auto kept = fit_score_decay(
      "test", kTimes, exact([](double t) { return 0.1 + 0.8 * (0.6 + 0.4 * std::exp2(-t / 12)); }, 2003), 0.1);
  EXPECT_EQ(kept.form, "exponential to a floor");
  EXPECT_TRUE(std::isinf(kept.half_life));
  EXPECT_TRUE(std::isinf(kept.observed));
  EXPECT_TRUE(std::isinf(kept.high));
  EXPECT_GT(kept.low, 64) << "half is not even reached at the end";
  EXPECT_NEAR(kept.floor, 0.58, 0.01);
  EXPECT_THAT(kept.warning, IsEmpty());
}

TEST(ScoreDecay, WhatIsNoForgettingIsSaid) {
  const auto flat = fit_score_decay("test", kTimes, exact([](double) { return 0.97; }, 500), 0.1);
  EXPECT_EQ(flat.outcome, "kept");
  EXPECT_EQ(flat.form, "constant");
  const auto chance = fit_score_decay("test", kTimes, exact([](double) { return 0.104; }, 500), 0.1);
  EXPECT_EQ(chance.outcome, "nothing");
  EXPECT_THAT(half_life_text(chance), HasSubstr("at chance from the start"));
  const auto below = fit_score_decay("test", kTimes, exact([](double) { return 0.02; }, 500), 0.1);
  EXPECT_EQ(below.outcome, "below chance");
  EXPECT_THAT(half_life_text(below), HasSubstr("below chance from the start"));
  EXPECT_THAT(below.curve, IsEmpty());
  const auto slow = fit_of({"exponential", 150, 0, 1, 0.1}, 20011);
  EXPECT_EQ(slow.outcome, "halves later");
  EXPECT_NEAR(slow.half_life, 150, 5);
  EXPECT_THAT(slow.warning, HasSubstr("extrapolated"));
}

TEST(ScoreDecay, ABadFitIsSaidWithTheObservedCrossing) {
  // Falls, and comes back: no form does.
  const auto y = [](double t) { return 0.5 + 0.45 * (t < 4 ? 1 - t / 4 : t < 24 ? 0.1 : 0.9); };
  const auto decay = fit_score_decay("blank_delay", kTimes, exact(y, 1009), 0.5);
  EXPECT_LT(decay.goodness, 1e-6);
  EXPECT_GT(decay.worst, 0.1);
  EXPECT_THAT(decay.warning, HasSubstr("does not fit"));
  EXPECT_NEAR(decay.observed, 2, 0.05);
  EXPECT_THAT(half_life_text(decay), HasSubstr("the data cross half at 2"));
  if (decay.low > 2 || decay.high < 2) {
    EXPECT_THAT(decay.warning, HasSubstr("the data themselves cross half at 2"));
  }
}

TEST(ScoreDecay, TimesMayBeginLate) {
  std::vector<double> late;
  for (const double t : kTimes) late.push_back(20 + t);
  const Truth truth{"exponential", 6, 0, 1, 0.1};
  const auto decay = fit_score_decay("delay", late, exact([&](double t) { return truth.at(t); }, 20011), truth.chance);
  EXPECT_NEAR(decay.half_life, 6, 0.1) << "since the first time";
  EXPECT_EQ(decay.first, 20);
  EXPECT_EQ(decay.curve.front().first, 20);
  EXPECT_DOUBLE_EQ(decay.curve.back().first, 84);
}

TEST(ScoreDecay, IntervalsCoverTheTruthIn93To97OfAHundredCurves) {
  const auto* asked = std::getenv("EVOBRNN_COVERAGE_CURVES");
  const int curves = asked ? std::atoi(asked) : 100;
  std::vector<Truth> truths;
  for (const double chance : {0.1, 0.5}) {
    truths.push_back({"exponential", 6, 0, 1, chance});
    truths.push_back({"logistic to a floor", 16, 0.3, 0.3, chance});
    if (!asked) continue;
    truths.push_back({"power", 6, 0, 1, chance});
    truths.push_back({"logistic", 20, 0, 0.3, chance});
    truths.push_back({"exponential to a floor", 8, 0.25, 1, chance});
    truths.push_back({"power to a floor", 6, 0.2, 1, chance});
  }
  int all = 0, in_all = 0;
  for (const auto& truth : truths) {
    for (const bool nested : {false, true}) {
      if (!asked && nested != (truth.chance == 0.5)) continue;
      int covered = 0, bad = 0;
      for (int i = 0; i < curves; ++i) {
        const auto decay =
            fit_score_decay("test", kTimes, simulated(truth, 250, static_cast<unsigned>(i) + 1, nested), truth.chance);
        covered += decay.low <= truth.half_life && truth.half_life <= decay.high;
        bad += decay.goodness < 0.01;
      }
      all += curves;
      in_all += covered;
      const double share = static_cast<double>(covered) / curves;
      if (asked)
        std::printf("%-24s chance %.1f, %s: %.1f %% of %d intervals cover; the fit is called bad in %.1f %%\n",
                    truth.form.c_str(), truth.chance, nested ? "nested     " : "independent", 100 * share, curves,
                    100.0 * bad / curves);
      // Each by itself within three standard errors of what is promised.
      const double error = 3 * std::sqrt(0.95 * 0.05 / curves);
      EXPECT_GT(share, 0.93 - error) << truth.form << " " << truth.chance << (nested ? ", nested" : "");
      EXPECT_LT(share, 0.97 + error) << truth.form << " " << truth.chance << (nested ? ", nested" : "");
      EXPECT_LE(bad, curves / 20) << "fits are called bad as often as p says";
    }
  }
  EXPECT_GE(in_all, 0.93 * all);
  EXPECT_LE(in_all, 0.97 * all);
}

}  // namespace
}  // namespace evobrnn
