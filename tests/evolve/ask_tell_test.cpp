// SPDX-License-Identifier: Apache-2.0
#include "evolve/ask_tell.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "evolve/evolution.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::fake_plan;
using testing::ScratchFolder;

class EveryAskedStrategy : public ::testing::TestWithParam<std::string> {};

/// What fake_trial() would end as, exceptions included.
TrialResult result_of(const Candidate& candidate) {
  try {
    return testing::fake_trial(candidate, {});
  } catch (const std::exception& error) {
    return ended_as(TrialStatus::crashed, std::string("exception: ") + error.what());
  } catch (...) {
    return ended_as(TrialStatus::crashed, "exception: the number 7");
  }
}

TEST_P(EveryAskedStrategy, LeavesTheLedgerThatItsObjectiveWould) {
  const ScratchFolder scratch;
  auto plan = fake_plan(GetParam());
  evolve(plan, scratch / "evolved");
  {
    AskTell search(plan, scratch / "asked");
    while (!search.finished()) {
      std::vector<Candidate> out;  // all that can be had, told last first
      while (auto candidate = search.ask()) out.push_back(*std::move(candidate));
      for (auto one = out.rbegin(); one != out.rend(); ++one) search.tell(*one, result_of(*one));
    }
    EXPECT_TRUE(search.outcome().complete);
  }
  const Ledger evolved(scratch / "evolved/ledger.sqlite"), asked(scratch / "asked/ledger.sqlite");
  EXPECT_THAT(differences(evolved, asked), ::testing::IsEmpty());
}

TEST_P(EveryAskedStrategy, GoesOnWhereItWasLeft) {
  const ScratchFolder scratch;
  auto plan = fake_plan(GetParam());
  evolve(plan, scratch / "evolved");
  for (int tells = 3;; tells += 5) {
    AskTell search(plan, scratch / "asked");
    for (int told = 0; told < tells && !search.finished(); ++told) {
      const auto candidate = search.ask();
      if (!candidate) break;  // the others are out, and lost with this process
      search.tell(*candidate, result_of(*candidate));
      search.ask();  // one that is never told: it is asked again
    }
    if (search.finished()) break;
  }
  const Ledger evolved(scratch / "evolved/ledger.sqlite"), asked(scratch / "asked/ledger.sqlite");
  EXPECT_THAT(differences(evolved, asked), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryAskedStrategy, ::testing::Values("ga", "cmaes", "random", "list"),
                         [](const auto& tested) { return tested.param; });

TEST(AskTell, ServesManyThreads) {
  const ScratchFolder scratch;
  const auto plan = fake_plan("ga");
  evolve(plan, scratch / "evolved");
  {
    AskTell search(plan, scratch / "asked");
    const auto work = [&search] {
      while (!search.finished()) {
        if (const auto candidate = search.ask()) search.tell(*candidate, result_of(*candidate));
      }
    };
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work);
  }
  const Ledger evolved(scratch / "evolved/ledger.sqlite"), asked(scratch / "asked/ledger.sqlite");
  EXPECT_THAT(differences(evolved, asked), ::testing::IsEmpty());
}

TEST(AskTell, RefusesToBeToldOfWhatIsNotOut) {
  const ScratchFolder scratch;
  AskTell search(fake_plan("ga"), scratch / "asked");
  const auto candidate = search.ask();
  ASSERT_TRUE(candidate);
  search.tell(*candidate, scored(1));
  EXPECT_THROW(search.tell(*candidate, scored(1)), std::invalid_argument);
}

TEST(AskTell, AsksOnceMoreWhereFailuresAreRetried) {
  const ScratchFolder scratch;
  auto plan = fake_plan("random");
  plan.settings.failures.crashed = "retry";
  AskTell search(plan, scratch / "asked");
  const auto first = search.ask();
  search.tell(*first, ended_as(TrialStatus::crashed, "once"));
  bool again = false;
  while (const auto candidate = search.ask()) again = again || candidate->key == first->key;
  EXPECT_TRUE(again);
}

TEST(AskTell, TellsWhatIsWrongWithItsPlanAtOnce) {
  const ScratchFolder scratch;
  auto plan = fake_plan("ga");
  plan.settings.population = 0;
  EXPECT_THROW(AskTell(plan, scratch / "asked"), SettingsError);
  plan.settings.population = 8;
  plan.settings.failures.crashed = "abort";
  AskTell search(plan, scratch / "asked");
  search.tell(*search.ask(), ended_as(TrialStatus::crashed, "broken"));
  EXPECT_ANY_THROW({
    while (!search.finished()) {
      if (const auto candidate = search.ask()) search.tell(*candidate, scored(0));
    }
    search.outcome();
  });
}

}  // namespace
}  // namespace evobrnn
