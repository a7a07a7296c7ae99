// SPDX-License-Identifier: Apache-2.0
/// Ten thousand instant trials: prints how fast they are stored and answered again, and asserts what no machine's speed
/// decides: that the work a trial does not grow with their number.
#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <iostream>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::fake_space;
using testing::ScratchFolder;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

TrialResult instant(const Candidate& candidate, const TrialHooks&) {
  TrialResult result;
  result.status = TrialStatus::ok;
  result.score = std::get<double>((*candidate.genome)[0]);
  result.metrics = {{"validation_loss", result.score}, {"train_loss", 2 * result.score}};
  for (int i = 0; i < 20; ++i) result.curve.push_back({i, 64 * i, 1.0 / (i + 1), result.score, result.score});
  return result;
}

/// The time of each generation, and the memory in use at its end.
class Watch : public SearchObserver {
 public:
  void generation_finished(const SearchProgress&) override {
    seconds.push_back(seconds_since(begin_));
    bytes.push_back(static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd));
    begin_ = Clock::now();
  }
  std::vector<double> seconds, bytes;

 private:
  Clock::time_point begin_ = Clock::now();
};

double mean(const std::vector<double>& values, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (auto i = begin; i < end; ++i) sum += values.at(i);
  return sum / static_cast<double>(end - begin);
}

class TenThousandTrials : public ::testing::TestWithParam<std::pair<std::int64_t, int>> {};

TEST_P(TenThousandTrials, AreStoredAndReplayedAtASteadyRate) {
  constexpr std::int64_t kTrials = 10'000;
  mallopt(M_ARENA_MAX, 1);  // the watch sees one arena alone
  const auto [population, workers] = GetParam();
  const ScratchFolder folder;
  SearchPlan plan;
  plan.space = fake_space();
  plan.settings.strategy = "random";
  plan.settings.population = population;
  plan.settings.generations = kTrials / population;
  plan.settings.final_seeds = 0;
  plan.objective = instant;
  const std::atomic<bool> stop{false};
  Ledger ledger(folder / "ledger");
  Executor executor(workers);
  Watch watch;
  auto begin = Clock::now();
  EXPECT_TRUE(run_search(plan, ledger, executor, watch, stop).complete);
  const auto stored = static_cast<double>(kTrials) / seconds_since(begin);

  plan.objective = [](const Candidate&, const TrialHooks&) -> TrialResult { throw std::logic_error("trained again"); };
  SearchObserver nobody;
  begin = Clock::now();
  const auto replayed = run_search(plan, ledger, executor, nobody, stop);
  const auto replay = seconds_since(begin);
  EXPECT_EQ(replayed.progress.total_reused, kTrials);

  const auto count = watch.seconds.size(), fifth = count / 5;
  std::cout << "population " << population << ", " << workers << " workers: " << static_cast<int>(stored)
            << " trials a second stored, replay in " << replay << " s, ledger "
            << std::filesystem::file_size(folder / "ledger") / 1000 << " kB\n";
  if (fifth == 0) return;
  const auto growth = mean(watch.bytes, count - fifth, count) - mean(watch.bytes, fifth, 2 * fifth);
  std::cout << "  time of a generation, second and last fifth: " << 1000 * mean(watch.seconds, fifth, 2 * fifth) << ", "
            << 1000 * mean(watch.seconds, count - fifth, count) << " ms; memory grew by "
            << static_cast<int>(growth / (0.7 * static_cast<double>(kTrials))) << " bytes a trial\n";
  // Of a trial its fitness stays, 8 bytes or 16 where they have just been moved to a larger place, and what the
  // strategy keeps so as to draw none twice. The text of its genome alone would be 100.
  EXPECT_LT(growth / (0.7 * static_cast<double>(kTrials)), 80);
}

INSTANTIATE_TEST_SUITE_P(Ledger, TenThousandTrials,
                         ::testing::Values(std::pair<std::int64_t, int>{100, 2}, std::pair<std::int64_t, int>{100, 16},
                                           std::pair<std::int64_t, int>{10'000, 2},
                                           std::pair<std::int64_t, int>{10'000, 16}),
                         [](const auto& test) {
                           return "population" + std::to_string(test.param.first) + "workers" +
                                  std::to_string(test.param.second);
                         });

}  // namespace
}  // namespace evobrnn
