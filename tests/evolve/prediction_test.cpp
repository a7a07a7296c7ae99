// SPDX-License-Identifier: Apache-2.0
/// What a plan says of a candidate before it is trained may go wrong in every way, and costs that candidate alone.
#include "evolve/prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::fake_plan;
using ::testing::HasSubstr;
using testing::ScratchFolder;

bool is_odd(const Candidate& candidate) {
  return candidate.genome && std::get<std::int64_t>(candidate.genome->at(1)) % 2 == 1;
}

/// A search whose objective always succeeds, with what is predicted of candidates with an odd k changed by `change`;
/// checks that those, and they alone, ended as `status`, and gives the cause of one.
std::string cause_where_k_is_odd(const std::function<void(SearchPlan&)>& change, TrialStatus status) {
  const ScratchFolder scratch;
  auto plan = fake_plan("random");
  plan.settings.population = 12;
  plan.settings.generations = 2;
  plan.settings.final_seeds = 1;
  plan.objective = [](const Candidate&, const TrialHooks&) { return scored(1); };
  change(plan);
  Ledger ledger(scratch / "ledger.sqlite");
  const auto outcome = testing::run_fake(plan, ledger);
  EXPECT_TRUE(outcome.complete);
  EXPECT_FALSE(outcome.finals.empty());
  std::string cause;
  int odd = 0;
  for (const auto& trial : ledger.trials()) {
    if (trial.key.genome == "{}") continue;
    const bool expected = is_odd({plan.space.parse(trial.key.genome), trial.key, 0});
    odd += expected;
    EXPECT_EQ(trial.result.status, expected ? status : TrialStatus::ok) << trial.key.genome;
    if (expected) cause = trial.result.cause;
  }
  EXPECT_GT(odd, 0);
  return cause;
}

template <class Thrown>
auto costs_throwing(Thrown thrown) {
  return [thrown](SearchPlan& plan) {
    plan.cost = [thrown](const Candidate& candidate) {
      if (is_odd(candidate)) throw thrown;
      return 1.0;
    };
  };
}

auto costs(double cost) {
  return [cost](SearchPlan& plan) {
    plan.cost = [cost](const Candidate& candidate) { return is_odd(candidate) ? cost : 1.0; };
  };
}

TEST(Prediction, ACostThatThrowsIsTheCandidatesStatus) {
  EXPECT_EQ(cause_where_k_is_odd(costs_throwing(7), TrialStatus::crashed),
            "its cost could not be predicted: exception: the number 7");
  EXPECT_EQ(cause_where_k_is_odd(costs_throwing(std::bad_alloc()), TrialStatus::out_of_memory),
            "its cost could not be predicted: an allocation failed");
  EXPECT_THAT(cause_where_k_is_odd(costs_throwing(DataError("x.idx: missing")), TrialStatus::invalid),
              HasSubstr("x.idx: missing"));
}

TEST(Prediction, ACostThatIsNoneIsTheCandidatesStatus) {
  for (const double cost : {std::nan(""), -1.0, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(cause_where_k_is_odd(costs(cost), TrialStatus::invalid), HasSubstr("its predicted cost is "));
}

TEST(Prediction, MemoryAndContentThatThrowAreTheCandidatesStatus) {
  const auto memory = [](SearchPlan& plan) {
    plan.bytes = [](const Candidate& candidate) -> std::int64_t {
      if (is_odd(candidate)) throw std::string("no idea");
      return 1;
    };
  };
  EXPECT_EQ(cause_where_k_is_odd(memory, TrialStatus::crashed),
            "its memory could not be predicted: exception: no idea");
  const auto negative = [](SearchPlan& plan) {
    plan.bytes = [](const Candidate& candidate) { return std::int64_t{is_odd(candidate) ? -1 : 1}; };
  };
  EXPECT_THAT(cause_where_k_is_odd(negative, TrialStatus::invalid), HasSubstr("-1 bytes"));
  const auto content = [](SearchPlan& plan) {
    plan.content = [](const Candidate& candidate) -> std::string {
      if (is_odd(candidate)) throw std::logic_error("no key");
      return "key of " + candidate.key.genome;
    };
  };
  EXPECT_EQ(cause_where_k_is_odd(content, TrialStatus::crashed),
            "its content key could not be predicted: exception: no key");
}

TEST(Prediction, ABudgetEndsASearchAllOfWhoseCostsThrow) {
  const ScratchFolder scratch;
  auto plan = fake_plan("random");
  plan.settings.population = 50;
  plan.settings.generations = 1000000;
  plan.settings.flops = 1e6;
  plan.settings.final_seeds = 0;
  plan.cost = [](const Candidate&) -> double { throw 7; };
  Ledger ledger(scratch / "ledger.sqlite");
  const auto outcome = testing::run_fake(plan, ledger);
  EXPECT_TRUE(outcome.complete);
  EXPECT_FALSE(outcome.champion);
  EXPECT_LE(ledger.trials().size(), 1050U);
}

}  // namespace
}  // namespace evobrnn
