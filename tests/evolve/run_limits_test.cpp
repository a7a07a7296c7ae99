// SPDX-License-Identifier: Apache-2.0
#include "evolve/run_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::ended;
using testing::fake_genome;
using testing::fake_plan;
using ::testing::HasSubstr;
using testing::run_fake;
using testing::ScratchFolder;

TEST(RunLimits, NoneByDefault) {
  RunLimits limits({});
  EXPECT_TRUE(limits.admit(1'000'000, 1e300));
  EXPECT_FALSE(limits.out_of_time());
  EXPECT_EQ(limits.reached(), "");
}

TEST(RunLimits, AdmitTrialsInTheirOrderUntilOneIsTooMany) {
  LimitSettings settings;
  settings.max_trials = 2;
  RunLimits limits(settings);
  EXPECT_TRUE(limits.admit(1, 1));
  EXPECT_TRUE(limits.admit(2, 1));
  EXPECT_EQ(limits.reached(), "");
  EXPECT_FALSE(limits.admit(3, 1));
  EXPECT_FALSE(limits.admit(1, 1)) << "after a no it stays with no";
  EXPECT_EQ(limits.reached(), "run.max_trials = 2");
}

TEST(RunLimits, CountWhatTrialsReallyCostOnceTheyHaveEnded) {
  LimitSettings settings;
  settings.max_flops = 100;
  RunLimits limits(settings);
  EXPECT_TRUE(limits.admit(1, 40));
  EXPECT_TRUE(limits.admit(2, 60));
  limits.settle({40, 10});  // the second one diverged early
  EXPECT_TRUE(limits.admit(3, 50));
  EXPECT_FALSE(limits.admit(4, 1));
  EXPECT_EQ(limits.reached(), "run.max_flops = 100");
}

TEST(Pace, BeginsOnceTheQuantileMeansSomething) {
  Pace pace(0.75);
  for (const double seconds : {1, 3, 2}) {
    EXPECT_FALSE(pace.limit(10));
    pace.finished(10, seconds);
  }
  pace.finished(1000, 400);
  EXPECT_EQ(pace.limit(10), 3) << "of 0.1, 0.2, 0.3 and 0.4 seconds for each unit of cost, the third";
  EXPECT_EQ(pace.limit(20), 6);
  Pace off(0);
  for (int i = 0; i < 100; ++i) off.finished(1, 1);
  EXPECT_FALSE(off.limit(1));
}

/// Limits of whole searches.
class LimitedSearch : public ::testing::TestWithParam<std::string> {
 protected:
  static void limit_trials(SearchPlan& plan) { plan.settings.limits.max_trials = 11; }
  static void limit_flops(SearchPlan& plan) {
    plan.cost = [](const Candidate& candidate) {
      return std::get<double>(candidate.genome.value_or(fake_genome(0))[0]) * 1e9 + 2e9;
    };
    plan.objective = [inner = plan.objective, cost = plan.cost](const Candidate& candidate, const TrialHooks& hooks) {
      auto result = inner(candidate, hooks);
      result.cost.flops = cost(candidate) / 2;  // less than expected, as where patience runs out
      return result;
    };
    plan.settings.limits.max_flops = 2.5e10;
  }

  ScratchFolder folder_;
};

TEST_P(LimitedSearch, EndsAfterTheSameTrialsWithAnyNumberOfWorkersAndGoesOnToTheSameEnd) {
  for (const auto& limit : {limit_trials, limit_flops}) {
    auto plan = fake_plan(GetParam());
    auto limited = plan;
    limit(limited);
    plan.objective = limited.objective;
    plan.cost = limited.cost;
    Ledger whole(folder_ / ("whole" + std::to_string(limit == limit_flops)));
    run_fake(plan, whole);
    Ledger one(folder_ / ("one" + std::to_string(limit == limit_flops)));
    const auto outcome = run_fake(limited, one, 1);
    EXPECT_FALSE(outcome.complete);
    EXPECT_THAT(outcome.limit, HasSubstr("run.max_"));
    EXPECT_GT(one.trials().size(), 3U);
    EXPECT_LT(one.trials().size(), whole.trials().size());
    Ledger many(folder_ / ("many" + std::to_string(limit == limit_flops)));
    run_fake(limited, many, 8);
    EXPECT_EQ(differences(one, many), std::vector<std::string>{});
    const auto again = run_fake(limited, many, 3);
    EXPECT_FALSE(again.complete) << "the limit counts the trials of former starts";
    run_fake(limited, one, 1);  // a replay notes what was proposed and not admitted
    EXPECT_EQ(differences(one, many), std::vector<std::string>{});
    const auto resumed = run_fake(plan, many, 3);
    EXPECT_TRUE(resumed.complete);
    EXPECT_EQ(resumed.limit, "");
    EXPECT_EQ(differences(whole, many), std::vector<std::string>{});
  }
}

INSTANTIATE_TEST_SUITE_P(Search, LimitedSearch, ::testing::Values("ga", "gaco", "sobol", "cmaes"),
                         [](const auto& test) { return test.param; });

class SearchLimits : public ::testing::Test {
 protected:
  ScratchFolder folder_;
  SearchPlan plan_ = fake_plan("list");
  Ledger ledger_{folder_ / "ledger"};
};

TEST_F(SearchLimits, ALimitThatIsJustEnoughIsNone) {
  plan_.settings.limits.max_trials = 8 + 6;
  const auto outcome = run_fake(plan_, ledger_);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.limit, "");
}

TEST_F(SearchLimits, TimeThatIsOverStopsTrialsUnderWay) {
  plan_.settings.limits.max_seconds = 0.05;
  plan_.objective = [](const Candidate&, const TrialHooks& hooks) {
    while (!hooks.should_stop()) {
    }
    return ended(TrialStatus::cancelled);
  };
  const auto outcome = run_fake(plan_, ledger_);
  EXPECT_FALSE(outcome.complete);
  EXPECT_EQ(outcome.limit, "run.max_seconds = 0.05");
  EXPECT_TRUE(ledger_.trials().empty());
}

TEST_F(SearchLimits, ATrialThatIsSlowForItsSizeIsATimeout) {
  plan_.settings.limits.slower_than = 0.5;
  plan_.settings.final_seeds = 0;
  plan_.first.clear();
  for (const double x : {0.1, 0.2, 0.3, 0.4}) plan_.first.push_back(fake_genome(x));
  plan_.cost = [](const Candidate&) { return 1.0; };
  plan_.objective = [](const Candidate& candidate, const TrialHooks& hooks) {
    hooks.started();
    const bool slow = std::get<double>((*candidate.genome)[0]) == 0.4;
    while (slow && !hooks.should_stop()) {
    }
    auto result = ended(slow ? TrialStatus::cancelled : TrialStatus::ok);
    result.cost.wall_seconds = 1e-3;
    return result;
  };
  const auto outcome = run_fake(plan_, ledger_, 1);
  EXPECT_TRUE(outcome.complete);
  ASSERT_EQ(ledger_.trials().size(), 4U);
  EXPECT_EQ(ledger_.trials()[3].result.status, TrialStatus::timeout);
  EXPECT_THAT(ledger_.trials()[3].result.cause, HasSubstr("50 % of the finished trials"));
}

}  // namespace
}  // namespace evobrnn
