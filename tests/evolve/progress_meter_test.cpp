// SPDX-License-Identifier: Apache-2.0
#include "evolve/progress_meter.hpp"

#include <gtest/gtest.h>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using namespace testing;

/// A search of 2 generations of 4 trials of cost 1, each a second long, and 6 final tests of cost 100, on a clock of
/// its own.
class Meter : public ::testing::Test {
 protected:
  static constexpr double kSearch = 8, kFinals = 600;

  ProgressMeter meter(std::int64_t workers) {
    return ProgressMeter({2, 4, 6, workers, 0, [](const std::string& best) { return best == "{}" ? 100.0 : 1.0; }},
                         [this] { return now_; });
  }
  static LedgerTrial trial(std::int64_t id, double seconds) {
    LedgerTrial trial;
    trial.id = id;
    trial.key.genome = "{}";
    trial.result = ended(TrialStatus::ok, "", 0.5);
    trial.result.cost.wall_seconds = seconds;
    return trial;
  }
  /// So many trainings side by side, all of one length.
  void train(ProgressMeter& meter, std::int64_t count, double cost) {
    for (std::int64_t i = 0; i < count; ++i) meter.start(++id_, cost);
    now_ += cost;
    for (std::int64_t i = 0; i < count; ++i) {
      meter.end();
      meter.finish(trial(id_ - count + 1 + i, cost), cost);
    }
  }
  /// Both generations, `side_by_side` at once.
  void search(ProgressMeter& meter, std::int64_t side_by_side) {
    for (int generation = 0; generation < 2; ++generation) {
      for (int i = 0; i < 4; ++i) meter.propose(1);
      for (std::int64_t done = 0; done < 4; done += side_by_side) train(meter, side_by_side, 1);
      meter.end_generation();
    }
  }

  double now_ = 1000;
  std::int64_t id_ = 0;
};

TEST_F(Meter, FinalTrainingsThatTakeMostOfTheTimeAreMostOfTheWork) {
  auto m = meter(1);
  EXPECT_EQ(m.progress().share_done, 0);
  EXPECT_FALSE(m.progress().remaining_seconds) << "no pace is known";
  for (int i = 0; i < 4; ++i) m.propose(1);
  for (int i = 0; i < 4; ++i) train(m, 1, 1);
  EXPECT_DOUBLE_EQ(m.progress().share_done, 4 / (kSearch + kFinals));
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), 4 + kFinals);
  m.end_generation();
  for (int i = 0; i < 4; ++i) m.propose(1);
  for (int i = 0; i < 4; ++i) train(m, 1, 1);
  m.end_generation();
  EXPECT_DOUBLE_EQ(m.progress().share_done, kSearch / (kSearch + kFinals)) << "8 of 14 trials are done";
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), kFinals);
  m.begin_final_tests();
  for (int i = 0; i < 6; ++i) m.propose(100);
  train(m, 1, 100);
  EXPECT_DOUBLE_EQ(m.progress().share_done, (kSearch + 100) / (kSearch + kFinals));
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), 500);
  m.start(++id_, 100);
  now_ += 25;
  EXPECT_DOUBLE_EQ(m.progress().share_done, (kSearch + 125) / (kSearch + kFinals)) << "a training under way counts";
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), 475);
  now_ += 75;
  m.end();
  m.finish(trial(id_, 100), 100);
  for (int i = 0; i < 4; ++i) train(m, 1, 100);
  EXPECT_DOUBLE_EQ(m.progress().share_done, 1);
  EXPECT_EQ(m.progress().remaining_seconds, 0);
}

TEST_F(Meter, FinalTrainingsSideBySideTakeAsLongAsOneOfThem) {
  auto m = meter(4);
  search(m, 4);
  EXPECT_DOUBLE_EQ(m.progress().elapsed_seconds, 2);
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), 200) << "six on four workers: two rounds of 100 s";
  m.begin_final_tests();
  for (int i = 0; i < 6; ++i) m.propose(100);
  for (int i = 0; i < 4; ++i) m.start(++id_, 100);
  now_ += 60;
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), 140);
  EXPECT_DOUBLE_EQ(m.progress().share_done, (kSearch + 4 * 60) / (kSearch + kFinals));
}

TEST_F(Meter, WhatTakesLongerThanPredictedIsNeverTakenAsDone) {
  auto m = meter(6);
  search(m, 4);
  m.begin_final_tests();
  for (int i = 0; i < 6; ++i) m.propose(100);
  for (int i = 0; i < 6; ++i) m.start(++id_, 100);
  now_ += 5000;
  EXPECT_LT(m.progress().share_done, 1);
  EXPECT_GT(m.progress().remaining_seconds.value(), 0);
}

TEST_F(Meter, ABudgetBoundsWhatIsStillToCome) {
  ProgressMeter m({1'000'000, 4, 0, 1, 10, {}}, [this] { return now_; });
  for (int i = 0; i < 4; ++i) m.propose(1);
  for (int i = 0; i < 4; ++i) train(m, 1, 1);
  EXPECT_DOUBLE_EQ(m.progress().share_done, 0.4);
  EXPECT_DOUBLE_EQ(m.progress().remaining_seconds.value(), 6);
}

/// Notes the share of the work at the end of each generation.
class ShareObserver final : public SearchObserver {
 public:
  void generation_finished(const SearchProgress& progress) override { last = progress; }
  void trial_finished(const LedgerTrial&, const SearchProgress& progress) override {
    EXPECT_GE(progress.share_done, 0);
    EXPECT_LE(progress.share_done, 1);
  }
  SearchProgress last;
};

TEST(SearchShare, ASearchForeseesItsFinalTestsByWhatTheyCost) {
  const ScratchFolder folder;
  Ledger ledger(folder / "ledger.sqlite");
  auto plan = fake_plan("random");
  plan.cost = [](const Candidate& candidate) { return candidate.final ? 50.0 : 2.0; };
  Executor executor(2);
  ShareObserver observer;
  const std::atomic<bool> stop{false};
  const auto outcome = run_search(plan, ledger, executor, observer, stop);
  const auto finals = static_cast<double>(final_rows(plan.settings, plan.defaults) * plan.settings.final_seeds);
  const auto searched = static_cast<double>(observer.last.total_done);
  ASSERT_GT(finals, 0);
  EXPECT_NEAR(observer.last.share_done, 2 * searched / (2 * searched + 50 * finals), 1e-9);
  EXPECT_EQ(outcome.progress.share_done, 1);
}

TEST(SearchShare, ACostThatCannotBePredictedEndsNoSearch) {
  const ScratchFolder folder;
  Ledger ledger(folder / "ledger.sqlite");
  auto plan = fake_plan("random");
  plan.cost = [](const Candidate& candidate) -> double {
    if (candidate.key.role != "search" && candidate.seed == 0) throw std::runtime_error("cannot be built");
    return 1;
  };
  EXPECT_TRUE(run_fake(plan, ledger).complete) << "the estimate alone asks for candidates without a seed";
}

}  // namespace
}  // namespace evobrnn
