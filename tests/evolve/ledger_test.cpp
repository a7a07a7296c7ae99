// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <thread>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::ScratchFolder;

LedgerTrial example(std::int64_t id = 1) {
  LedgerTrial trial;
  trial.id = id;
  trial.generation = 2;
  trial.key = {"search", "{\"model.n\":" + std::to_string(id) + "}", 0.1, 3};
  trial.seed = 0xfedcba9876543210;
  trial.parents = {4, 2};
  trial.result.status = TrialStatus::ok;
  trial.result.score = 1.0 / 3;
  trial.result.metrics = {{"A_E", 0.1}, {"loss", 2.5}};
  trial.result.curve = {{1, 64, 0.5, 0.25, 0.125}, {2, 128, 0.4, 0.2, 0.1}};
  trial.result.cost = {2, 128, 1e12, 0.5, 0.4, 1 << 20};
  trial.worker = "worker-1";
  trial.started = 1.7e9;
  return trial;
}

std::string error_of(const std::filesystem::path& file) {
  try {
    Ledger ledger(file);
  } catch (const LedgerError& error) {
    return error.what();
  }
  return "no error";
}

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(TrialSeed, HasTheSameValueOnEveryPlatform) {
  EXPECT_EQ(trial_seed(1, {"search", R"({"model.dt":0.3})", 1, 0}), 9350317173817879211U);
  EXPECT_EQ(trial_seed(~std::uint64_t{0}, {"champion", "{}", 0.1, 2}), 10540669126996807117U);
  EXPECT_EQ(trial_seed(0, {"", "", 1, 0}), 17297359897476235753U);
}

TEST(TrialSeed, DependsOnEveryPartOfTheKey) {
  const TrialKey key{"search", "{}", 1, 0};
  const auto seed = trial_seed(1, key);
  EXPECT_NE(trial_seed(2, key), seed);
  EXPECT_NE(trial_seed(1, {"champion", "{}", 1, 0}), seed);
  EXPECT_NE(trial_seed(1, {"search", "{ }", 1, 0}), seed);
  EXPECT_NE(trial_seed(1, {"search", "{}", 0.5, 0}), seed);
  EXPECT_NE(trial_seed(1, {"search", "{}", 1, 1}), seed);
}

TEST(Ledger, KeepsEveryFieldWhenReopened) {
  const ScratchFolder folder;
  auto written = example();
  written.result.cause = std::string("it's \"quoted\", \n µ and") + '\0' + "more";
  Ledger(folder / "l").store(written);
  const Ledger ledger(folder / "l");
  const auto read = ledger.find(written.key);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, 1);
  EXPECT_EQ(read->generation, 2);
  EXPECT_EQ(read->key, written.key);
  EXPECT_EQ(read->seed, written.seed);
  EXPECT_EQ(read->parents, written.parents);
  EXPECT_EQ(read->result.status, TrialStatus::ok);
  EXPECT_EQ(read->result.cause, written.result.cause);
  EXPECT_EQ(read->result.score, written.result.score);
  EXPECT_EQ(read->result.metrics, written.result.metrics);
  ASSERT_EQ(read->result.curve.size(), 2U);
  EXPECT_EQ(read->result.curve[1].step, 2);
  EXPECT_EQ(read->result.curve[1].samples, 128);
  EXPECT_EQ(read->result.curve[1].train_loss, 0.4);
  EXPECT_EQ(read->result.curve[1].validation_loss, 0.2);
  EXPECT_EQ(read->result.curve[1].validation_score, 0.1);
  EXPECT_EQ(read->result.cost.steps, 2);
  EXPECT_EQ(read->result.cost.samples, 128);
  EXPECT_EQ(read->result.cost.flops, 1e12);
  EXPECT_EQ(read->result.cost.wall_seconds, 0.5);
  EXPECT_EQ(read->result.cost.cpu_seconds, 0.4);
  EXPECT_EQ(read->result.cost.peak_bytes, 1 << 20);
  EXPECT_EQ(read->worker, "worker-1");
  EXPECT_EQ(read->started, 1.7e9);
}

TEST(Ledger, KeepsDoublesExactly) {
  using Limits = std::numeric_limits<double>;
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  std::int64_t id = 0;
  for (const double value :
       {0.0, -0.0, 0.1, 1.0, 1e15, Limits::denorm_min(), -3 * Limits::denorm_min(), Limits::min(), Limits::max(),
        Limits::lowest(), std::nextafter(1.0, 2.0), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
    auto trial = example(++id);
    trial.result.score = trial.result.cost.flops = trial.result.metrics["value"] = value;
    trial.result.curve[0].train_loss = trial.result.curve[0].validation_loss = trial.result.curve[0].validation_score =
        value;
    ledger.store(trial);
    const auto read = ledger.find(trial.key);
    ASSERT_TRUE(read);
    const auto& point = read->result.curve.at(0);
    for (const double back : {read->result.score, read->result.cost.flops, read->result.metrics.at("value"),
                              point.train_loss, point.validation_loss, point.validation_score}) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value)) << value;
    }
  }
}

TEST(Ledger, KeepsUnsignedSeedsExactly) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  std::int64_t id = 0;
  for (const std::uint64_t seed :
       {std::uint64_t{0}, std::uint64_t{1} << 63, ~std::uint64_t{0}, (std::uint64_t{1} << 53) + 1}) {
    auto trial = example(++id);
    trial.seed = seed;
    ledger.store(trial);
    EXPECT_EQ(ledger.find(trial.key)->seed, seed);
  }
}

TEST(Ledger, FindsOnlyTheExactKey) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  ledger.store(example());
  const auto key = example().key;
  EXPECT_TRUE(ledger.find(key));
  EXPECT_FALSE(ledger.find({"champion", key.genome, key.fidelity, key.repeat}));
  EXPECT_FALSE(ledger.find({key.role, key.genome + " ", key.fidelity, key.repeat}));
  EXPECT_FALSE(ledger.find({key.role, key.genome, std::nextafter(key.fidelity, 1.0), key.repeat}));
  EXPECT_FALSE(ledger.find({key.role, key.genome, key.fidelity, key.repeat + 1}));
}

TEST(Ledger, ListsTrialsInOrderOfId) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  for (const std::int64_t id : {3, 1, 2}) ledger.store(example(id));
  std::vector<std::int64_t> ids;
  for (const auto& trial : ledger.trials()) ids.push_back(trial.id);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(Ledger, RefusesASecondTrialOfOneKeyOrIdAndStaysAsItWas) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  ledger.store(example());
  auto same_key = example();
  same_key.id = 2;
  EXPECT_THROW(ledger.store(same_key), LedgerError);
  auto same_id = example();
  same_id.key.repeat = 9;
  EXPECT_THROW(ledger.store(same_id), LedgerError);
  EXPECT_EQ(ledger.trials().size(), 1U);
}

TEST(Ledger, HoldsEveryOtherStatusAndNoScoreOfAFailure) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  std::int64_t id = 0;
  for (const auto status :
       {TrialStatus::diverged, TrialStatus::nan_input, TrialStatus::timeout, TrialStatus::out_of_memory,
        TrialStatus::crashed, TrialStatus::lost, TrialStatus::invalid, TrialStatus::failed}) {
    auto trial = example(++id);
    trial.result.status = status;
    ledger.store(trial);
    EXPECT_EQ(ledger.find(trial.key)->result.status, status);
    EXPECT_EQ(ledger.find(trial.key)->result.score, 0);
  }
  SQLite::Database database((folder / "l").string());
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM trials WHERE score IS NULL").getInt64(), id);
}

TEST(Ledger, NeverStoresCancelledTrials) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  auto trial = example();
  trial.result.status = TrialStatus::cancelled;
  EXPECT_THROW(ledger.store(trial), LedgerError);
  EXPECT_TRUE(ledger.trials().empty());
}

TEST(Ledger, StoresFromManyThreads) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&ledger, t] {
      for (int i = 0; i < 10; ++i) {
        const auto trial = example(10 * t + i + 1);
        ledger.store(trial);
        EXPECT_TRUE(ledger.find(trial.key));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ledger.trials().size(), 40U);
}

TEST(Ledger, SaysWhyATrialIsRefusedAndStoresItsNeighbours) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  ledger.store(example(1));
  // Many threads, so that refused and good trials share transactions.
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        try {
          ledger.store(example(t % 2 == 0 ? 1 : 100 * t + i));
        } catch (const LedgerError& error) {
          ++refused;
          EXPECT_NE(std::string(error.what()).find("a trial with this id or key is stored already"), std::string::npos);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(refused, 4 * 25);
  EXPECT_EQ(ledger.trials().size(), 1U + 4 * 25);
}

TEST(Ledger, TellsOfEachTrialInOrderOnceItIsOnTheDisk) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  ledger.store(example(1));
  std::vector<LedgerTrial> trials;
  for (std::int64_t id = 1; id <= 1000; ++id) trials.push_back(example(id));  // the first is refused
  const Ledger reader(folder / "l", Ledger::Access::read);
  std::vector<std::int64_t> told;  // by one thread, and read once it has nothing to tell any more
  for (const auto& trial : trials) {
    ledger.store(trial, [&](const std::exception_ptr& failure) {
      EXPECT_EQ(failure != nullptr, trial.id == 1);
      if (trial.id % 100 == 0) {
        EXPECT_TRUE(reader.find(trial.key)) << trial.id;
      }
      told.push_back(trial.id);
    });
  }
  ledger.wait_for_stores();
  ASSERT_EQ(told.size(), trials.size());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
}

TEST(Ledger, WritesWhatStillWaitsWhenItIsClosed) {
  const ScratchFolder folder;
  std::vector<LedgerTrial> trials;
  for (std::int64_t id = 1; id <= 50; ++id) trials.push_back(example(id));
  {
    Ledger ledger(folder / "l");
    for (const auto& trial : trials) ledger.store(trial, [](const std::exception_ptr&) {});
  }
  EXPECT_EQ(Ledger(folder / "l").trials().size(), trials.size());
}

TEST(Ledger, ItsTimeNeverGoesBehindWhatItHolds) {
  const ScratchFolder folder;
  auto trial = example();
  trial.started = 4e9;  // of a start whose clock was far ahead
  trial.result.cost.wall_seconds = 100;
  Ledger(folder / "l").store(trial);
  const Ledger ledger(folder / "l");
  const auto now = ledger.now();
  EXPECT_GE(now, 4e9 + 100);
  EXPECT_LT(now, 4e9 + 1000) << "and goes on from there";
  EXPECT_GE(ledger.now(), now);
}

TEST(Ledger, WritesNothingMoreOnceTheDiskHasFailedIt) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  ledger.store(example(1));
  std::filesystem::rename(folder / "l", folder / "away");
  for (const std::int64_t id : {2, 3}) {
    try {
      ledger.store(example(id));
      ADD_FAILURE() << "stored into a file that is gone";
    } catch (const LedgerError& error) {
      EXPECT_NE(std::string(error.what()).find("was removed or replaced"), std::string::npos) << error.what();
    }
  }
}

TEST(Ledger, NotesProposalsOnceHoweverOftenTheyAreReplayed) {
  const ScratchFolder folder;
  for (int process = 0; process < 3; ++process) {
    Ledger ledger(folder / "l");
    ledger.note_proposals(0, 0, {1, 2});
    ledger.note_proposals(0, 2, {1});
    if (process == 0) ledger.store(example(1));
    if (process == 2) ledger.finish_generation(0);
    const auto generations = ledger.generations();
    ASSERT_EQ(generations.size(), 1U);
    EXPECT_EQ(generations[0].proposals, (std::vector<std::int64_t>{1, 2, 1}));
    EXPECT_EQ(generations[0].finished.has_value(), process == 2);
  }
}

TEST(Ledger, FinalTestsSetAsideComeBackByTheirContent) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  auto final = example(2);
  final.generation = kFinalTests;
  ledger.store(example(1));
  ledger.note_proposals(kFinalTests, 0, {2});
  ledger.store(final);
  ledger.finish_generation(kFinalTests);
  ledger.set_finals_aside([](const LedgerTrial& trial) { return "key of " + std::to_string(trial.id); });
  EXPECT_EQ(ledger.trials().size(), 1U);
  EXPECT_TRUE(ledger.generations().empty() || ledger.generations().back().generation != kFinalTests);
  const auto spare = ledger.find_spare("key of 2");
  ASSERT_TRUE(spare);
  EXPECT_EQ(spare->result.score, final.result.score);
  EXPECT_FALSE(ledger.find_spare(""));
  EXPECT_NO_THROW(ledger.store(example(2))) << "its id is free";
}

TEST(Ledger, ReadingOnlyChangesNothingAndNeedsALedger) {
  const ScratchFolder folder;
  EXPECT_THROW(Ledger(folder / "l", Ledger::Access::read), LedgerError);
  EXPECT_FALSE(std::filesystem::exists(folder / "l"));
  Ledger(folder / "l").store(example(1));
  const auto before = content(folder / "l");
  Ledger reader(folder / "l", Ledger::Access::read);
  EXPECT_EQ(reader.trials().size(), 1U);
  EXPECT_THROW(reader.store(example(2)), LedgerError);
  EXPECT_TRUE(content(folder / "l") == before);
}

TEST(Ledger, IsDurable) {
  const ScratchFolder folder;
  Ledger(folder / "l").store(example());
  SQLite::Database database((folder / "l").string());
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST(Ledger, CanBeReadByAnotherProcessWhileItIsWritten) {
  const ScratchFolder folder;
  Ledger writer(folder / "l");
  writer.store(example(1));
  const Ledger reader(folder / "l");
  writer.store(example(2));
  EXPECT_EQ(reader.trials().size(), 2U);
}

TEST(Ledger, RefusesANewerSchemaAndSaysSo) {
  const ScratchFolder folder;
  { Ledger ledger(folder / "l"); }
  SQLite::Database((folder / "l").string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  EXPECT_NE(error_of(folder / "l").find("written by a newer evobrnn (schema 99"), std::string::npos)
      << error_of(folder / "l");
}

TEST(Ledger, RefusesATextFileAndLeavesItAlone) {
  const ScratchFolder folder;
  for (const std::string& text : {std::string("name = \"run\"\n"), std::string(5000, 'x')}) {
    std::ofstream(folder / "l") << text;
    EXPECT_NE(error_of(folder / "l").find("not a ledger"), std::string::npos) << error_of(folder / "l");
    EXPECT_EQ(content(folder / "l"), text);
  }
}

TEST(Ledger, RefusesAnotherDatabaseAndLeavesItAlone) {
  const ScratchFolder folder;
  SQLite::Database((folder / "l").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE theirs (x)");
  const auto before = content(folder / "l");
  EXPECT_NE(error_of(folder / "l").find("not a ledger"), std::string::npos) << error_of(folder / "l");
  EXPECT_TRUE(content(folder / "l") == before);
}

TEST(Ledger, NamesTheFileThatCannotBeOpened) {
  const ScratchFolder folder;
  const auto file = folder / "absent" / "l";  // root writes to read-only folders, but not to those that do not exist
  EXPECT_NE(error_of(file).find(file.string()), std::string::npos) << error_of(file);
}

TEST(Ledger, SaysWhereItIsDamaged) {
  const ScratchFolder folder;
  Ledger ledger(folder / "l");
  ledger.store(example());
  SQLite::Database((folder / "l").string(), SQLite::OPEN_READWRITE).exec("UPDATE trials SET metrics = '{'");
  EXPECT_THROW(ledger.trials(), LedgerError);
}

class Differences : public ::testing::Test {
 protected:
  std::vector<std::string> between(const std::vector<LedgerTrial>& left, const std::vector<LedgerTrial>& right,
                                   std::size_t most = 20) {
    const ScratchFolder folder;
    Ledger first(folder / "first");
    Ledger second(folder / "second");
    for (const auto& trial : left) first.store(trial);
    for (const auto& trial : right) second.store(trial);
    return differences(first, second, most);
  }
  /// With one trial on both sides, changed on the second.
  template <class Change>
  std::vector<std::string> after(Change change) {
    auto changed = example();
    change(changed);
    return between({example()}, {changed});
  }
};

TEST_F(Differences, AreNoneInTimesAndWorkerNames) {
  EXPECT_TRUE(after([](LedgerTrial& t) {
                t.worker = "another";
                t.started = 5;
                t.result.cost.wall_seconds = 6;
                t.result.cost.cpu_seconds = 7;
              }).empty());
}

TEST_F(Differences, NameTrialFieldAndBothValues) {
  EXPECT_EQ(after([](LedgerTrial& t) { t.result.score = 0.5; }),
            std::vector<std::string>{"trial 1: score: 0.3333333333333333, 0.5"});
}

TEST_F(Differences, SeeEveryOtherField) {
  const std::vector<std::function<void(LedgerTrial&)>> changes{
      [](LedgerTrial& t) { t.generation = 1; },
      [](LedgerTrial& t) { t.key.role = "champion"; },
      [](LedgerTrial& t) { t.key.genome = "{}"; },
      [](LedgerTrial& t) { t.key.fidelity = 1; },
      [](LedgerTrial& t) { t.key.repeat = 0; },
      [](LedgerTrial& t) { t.seed = 1; },
      [](LedgerTrial& t) {
        t.parents = {2, 4};
      },
      [](LedgerTrial& t) { t.result.cause = "why"; },
      [](LedgerTrial& t) { t.result.score = std::nextafter(t.result.score, 1.0); },
      [](LedgerTrial& t) { t.result.metrics["A_E"] = -0.1; },
      [](LedgerTrial& t) { t.result.metrics["new"] = 0; },
      [](LedgerTrial& t) { t.result.metrics.erase("loss"); },
      [](LedgerTrial& t) { t.result.curve.pop_back(); },
      [](LedgerTrial& t) { t.result.curve[0].train_loss = std::numeric_limits<double>::quiet_NaN(); },
      [](LedgerTrial& t) { ++t.result.cost.steps; },
      [](LedgerTrial& t) { ++t.result.cost.samples; },
      [](LedgerTrial& t) { t.result.cost.flops = 0; },
      [](LedgerTrial& t) { ++t.result.cost.peak_bytes; }};
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(after(changes[i]).size(), 1U) << "change " << i;
}

TEST_F(Differences, SeeAStatusAndThatItHasNoScore) {
  EXPECT_EQ(after([](LedgerTrial& t) { t.result.status = TrialStatus::timeout; }),
            (std::vector<std::string>{"trial 1: score: 0.3333333333333333, absent", "trial 1: status: ok, timeout"}));
}

TEST_F(Differences, SeeTheSignOfZeroAndNotTwoNaNs) {
  auto zero = example();
  zero.result.score = 0.0;
  auto minus_zero = example();
  minus_zero.result.score = -0.0;
  EXPECT_EQ(between({zero}, {minus_zero}).size(), 1U);
  auto nan = example();
  nan.result.score = nan.result.metrics["loss"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(between({nan}, {nan}).empty());
}

TEST_F(Differences, SeeMissingTrialsAndStopAtTheLimit) {
  EXPECT_EQ(between({example(1), example(2)}, {example(2), example(3)}),
            (std::vector<std::string>{"trial 1: only in the first", "trial 3: only in the second"}));
  EXPECT_EQ(between({example(1), example(2), example(3)}, {}, 2).size(), 2U);
}

}  // namespace
}  // namespace evobrnn
