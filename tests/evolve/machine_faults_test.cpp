// SPDX-License-Identifier: Apache-2.0
/// What the machine, a batch system or a person does to a search's trials is stored as no candidate's fault.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <mutex>

#include "evolve/notice.hpp"
#include "evolve/process_end.hpp"
#include "evolve/shortage.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MachineFaults : public ::testing::Test {
 protected:
  MachineFaults() {
    plan_.settings.population = 6;
    plan_.settings.generations = 1;
    plan_.settings.final_seeds = 0;
    plan_.objective = [](const Candidate&, const TrialHooks&) { return scored(1); };
  }

  SearchOutcome run(int workers = 2) {
    Executor executor(workers);
    SearchObserver observer;
    return run_search(plan_, ledger_, executor, observer, stop_);
  }

  std::string error() {
    try {
      run();
    } catch (const StorageError& error) {
      return error.what();
    }
    return "";
  }

  static ProcessEnded ended_by(int signal) { return {ended_as(TrialStatus::crashed, "ended"), signal}; }

  const ScratchFolder folder_;
  SearchPlan plan_ = fake_plan("random");
  Ledger ledger_{folder_ / "ledger.sqlite"};
  std::atomic<bool> stop_{false};
  std::atomic<int> calls_{0};
  std::mutex mutex_;
  std::vector<std::string> notices_;
  const NoticeReceiver receiver_{[this](const std::string& line) {
    const std::lock_guard lock(mutex_);
    notices_.push_back(line);
  }};
};

TEST_F(MachineFaults, ATrialThatASignalEndedIsTrainedAgain) {
  plan_.objective = [this, fake = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    if (++calls_ == 2) throw ended_by(SIGTERM);
    return fake(candidate, hooks);
  };
  EXPECT_TRUE(run(1).complete);
  EXPECT_EQ(calls_, 7);
  for (const auto& trial : ledger_.trials()) EXPECT_EQ(trial.result.status, TrialStatus::ok);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("trained again")));
}

TEST_F(MachineFaults, ATrialThatEndsByASignalEachTimeCrashed) {
  plan_.settings.population = 2;
  plan_.objective = [this](const Candidate&, const TrialHooks&) -> TrialResult {
    ++calls_;
    throw ended_by(SIGTERM);
  };
  run(1);
  EXPECT_EQ(calls_, 4);
  ASSERT_EQ(ledger_.trials().size(), 2U);
  EXPECT_EQ(ledger_.trials()[0].result.status, TrialStatus::crashed);
}

TEST_F(MachineFaults, TrialsWhoseProcessesEndAsTheRunIsToEndAreNotStored) {
  for (const int signal : {0, SIGTERM, SIGKILL, SIGSEGV}) {
    stop_ = false;
    plan_.objective = [this, signal](const Candidate&, const TrialHooks&) -> TrialResult {
      stop_ = true;
      throw ended_by(signal);
    };
    EXPECT_FALSE(run().complete);
    EXPECT_TRUE(ledger_.trials().empty()) << signal;
  }
}

TEST_F(MachineFaults, AShortageIsWaitedForAndToldOnce) {
  plan_.objective = [this, fake = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    if (++calls_ <= 4) throw Shortage("no file");
    return fake(candidate, hooks);
  };
  EXPECT_TRUE(run().complete);
  ASSERT_EQ(ledger_.trials().size(), 6U);
  for (const auto& trial : ledger_.trials()) EXPECT_EQ(trial.result.status, TrialStatus::ok);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("no file")));
}

TEST_F(MachineFaults, WhereNothingCanBeStartedTheSearchEndsAndStoresNothing) {
  plan_.objective = [](const Candidate&, const TrialHooks&) -> TrialResult { throw Shortage("no file"); };
  EXPECT_THAT(error(), HasSubstr("no trial can be started: no file"));
  EXPECT_TRUE(ledger_.trials().empty());
}

TEST_F(MachineFaults, NothingIsStoredOnceTheFilesOfTheRunAreOthers) {
  std::atomic<bool> changed{false};
  plan_.inputs = [&changed]() -> std::int64_t {
    if (changed) throw StorageError("data.ts was changed");
    return 0;
  };
  plan_.objective = [&, fake = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    changed = ++calls_ == 3;
    return fake(candidate, hooks);
  };
  EXPECT_THROW(run(1), StorageError);
  EXPECT_EQ(ledger_.trials().size(), 2U);
}

TEST_F(MachineFaults, ATrialDuringWhichAFileWasWrittenAgainIsTrainedAgain) {
  std::atomic<int> written{0};
  plan_.inputs = [&written]() -> std::int64_t { return written; };
  plan_.objective = [&, fake = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    if (++calls_ == 3) ++written;
    return fake(candidate, hooks);
  };
  EXPECT_TRUE(run(1).complete);
  EXPECT_EQ(calls_, 7);
  plan_.settings.population = 7;
  plan_.objective = [&, fake = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    ++written;
    return fake(candidate, hooks);
  };
  EXPECT_THAT(error(), HasSubstr("again and again"));
}

TEST_F(MachineFaults, ALedgerThatSomebodyElseHasLockedIsWaitedFor) {
  SQLite::Database other((folder_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  const NoticeReceiver letting_go([&](const std::string& line) {
    EXPECT_THAT(line, HasSubstr("is locked by another process"));
    other.exec("COMMIT");
  });
  EXPECT_TRUE(run().complete);
  EXPECT_EQ(ledger_.trials().size(), 6U);
}

}  // namespace
}  // namespace evobrnn
