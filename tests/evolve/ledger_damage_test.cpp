// SPDX-License-Identifier: Apache-2.0
/// Torn and garbled ledger files: a clear error or every trial as it was, and nothing overwritten.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "evolve/ledger.hpp"
#include "evolve/ledger_reader.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using testing_support::ScratchFolder;

constexpr int kTrials = 200;

LedgerTrial trial_of(std::int64_t id) {
  LedgerTrial trial;
  trial.id = id;
  trial.key = {"search", "{\"model.n\":" + std::to_string(id) + "}", 1, 0};
  trial.result.status = TrialStatus::ok;
  trial.result.score = 1.0 / static_cast<double>(id);
  for (int i = 0; i < 10; ++i) trial.result.curve.push_back({i, 64 * i, 1.0 / (i + 1), 0.5, 0.25});
  return trial;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class DamagedLedger : public ::testing::Test {
 protected:
  DamagedLedger() {
    {
      Ledger ledger(sound_);
      ledger.keep_score({});
      std::vector<std::int64_t> ids;
      for (int id = 1; id <= kTrials; ++id) ids.push_back(id);
      ledger.note_proposals(0, 0, ids);
      for (int id = 1; id <= kTrials; ++id) ledger.store(trial_of(id));
      ledger.finish_generation(0);
      auto spare = trial_of(kTrials + 1);
      spare.content = "key of a spare one";
      ledger.add_spare({spare});
    }
    bytes_ = bytes_of(sound_);
  }

  /// Whether the damage was told; else every trial must be as it was.
  bool is_told(const std::string& damaged) {
    write_bytes(file_, damaged);
    try {
      const Ledger ledger(file_);
      const Ledger sound(sound_, Ledger::Access::read);
      EXPECT_EQ(differences(ledger, sound), std::vector<std::string>{});
      return false;
    } catch (const LedgerError& error) {
      EXPECT_NE(std::string(error.what()).find(file_.string()), std::string::npos) << error.what();
      return true;
    }
  }

  const ScratchFolder folder_;
  const fs::path sound_ = folder_ / "sound", file_ = folder_ / "ledger";
  std::string bytes_;
};

TEST_F(DamagedLedger, AGarbledByteIsToldOrDoesNotMatter) {
  std::mt19937_64 random(1);
  int told = 0;
  constexpr int kAttempts = 150;
  for (int i = 0; i < kAttempts; ++i) {
    auto damaged = bytes_;
    auto& byte = damaged[random() % damaged.size()];
    byte = static_cast<char>(byte ^ static_cast<char>(1 + random() % 255));
    told += is_told(damaged);
  }
  EXPECT_GT(told, kAttempts / 2) << "most bytes matter";
}

TEST_F(DamagedLedger, AGarbledPageIsToldAndLeftAsItIs) {
  constexpr std::size_t kPage = 4096;
  std::mt19937_64 random(2);
  for (std::size_t page = 0; page < bytes_.size() / kPage; page += 7) {
    auto damaged = bytes_;
    for (std::size_t i = 0; i < kPage; ++i) damaged[page * kPage + i] = static_cast<char>(random());
    EXPECT_TRUE(is_told(damaged)) << "page " << page;
    EXPECT_TRUE(bytes_of(file_) == damaged) << "page " << page << " was overwritten";
  }
}

TEST_F(DamagedLedger, ATornEndIsToldAndLeftAsItIs) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{99}, bytes_.size() / 2, bytes_.size() - 1}) {
    const auto damaged = bytes_.substr(0, size);
    EXPECT_TRUE(is_told(damaged)) << size;
    EXPECT_TRUE(bytes_of(file_) == damaged) << size << " bytes were overwritten";
  }
}

/// What SQLite takes for sound, and no row's checksum need tell.
TEST_F(DamagedLedger, WhatWasChangedRemovedOrDoubledIsToldToEveryReaderAndWriter) {
  struct Case {
    std::string sql, told;
  };
  const std::vector<Case> cases = {
      {"UPDATE trials SET score = score + 1e-9 WHERE id = 7", "trial 7 is damaged: its checksum does not fit"},
      {"UPDATE trials SET checksum = NULL WHERE id = 7", "trial 7 is damaged: its checksum is missing"},
      {"UPDATE trials SET checksum = NULL", "; and "},
      {"DELETE FROM trials WHERE id = 7", "200 trials were stored, and 199 are there: no trial 7"},
      {"DELETE FROM trials WHERE id = 200", "200 trials were stored, and 199 are there"},
      {"DELETE FROM trials", "200 trials were stored, and 0 are there"},
      {"UPDATE trials SET id = 1000 WHERE id = 7", "trial 1000 is damaged"},
      {"CREATE TEMP TABLE t AS SELECT * FROM trials WHERE id = 7; UPDATE t SET id = 201, repeat = 1; INSERT INTO "
       "trials "
       "SELECT * FROM t",
       "200 trials were stored, and 201 are there"},
      {"DELETE FROM proposals WHERE position = 3", "200 proposals were stored, and 199 are there"},
      {"UPDATE proposals SET trial = 3 WHERE position = 3", "its proposals are not those that were stored"},
      {"UPDATE proposals SET trial = 9 - trial WHERE trial IN (4, 5)", "its proposals are not those that were stored"},
      {"DELETE FROM generations", "1 generations were stored, and 0 are there"},
      {"UPDATE generations SET finished = NULL", "its generations are not those that were stored"},
      {"UPDATE generations SET started = started + 1", "its generations are not those that were stored"},
      {"DELETE FROM spare_trials", "1 spare trials were stored, and 0 are there"},
      {"UPDATE spare_trials SET score = 3", "spare trial 201 is damaged"},
      {"UPDATE facts SET value = 'minimised'", "its facts are not those that were stored"},
      {"DELETE FROM facts", "1 facts were stored, and 0 are there"},
      {"DELETE FROM seal WHERE name = 'trials'", "what seals its trials is missing"},
      {"UPDATE seal SET digest = digest + 1 WHERE name = 'trials'", "its trials are not those that were stored"},
      {"DROP TABLE seal", "no such table: seal"}};
  for (const auto& [sql, told] : cases) {
    fs::copy_file(sound_, file_, fs::copy_options::overwrite_existing);
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec(sql);
    const auto before = bytes_of(file_);
    for (const auto access : {Ledger::Access::read, Ledger::Access::write}) {
      try {
        const Ledger ledger(file_, access);
        ADD_FAILURE() << "not noticed: " << sql;
      } catch (const LedgerError& error) {
        EXPECT_NE(std::string(error.what()).find(told), std::string::npos) << sql << ": " << error.what();
      }
    }
    EXPECT_TRUE(bytes_of(file_) == before) << sql << ": the damaged file was changed";
    const LedgerReader reader(file_);
    std::vector<std::string> damage;
    const auto whole = reader.trials(&damage).size();
    EXPECT_FALSE(damage.empty()) << sql;
    EXPECT_THROW(reader.trials(), LedgerError) << sql;
    if (told.starts_with("trial 7 ")) {
      EXPECT_EQ(whole, 199U) << "the others are whole";
    }
  }
}

/// What a ledger went through does not show in its seal: batches, final tests set aside, spare trials replaced.
TEST_F(DamagedLedger, NothingIsDamagedInWhatWasOnlyUsed) {
  for (int round = 0; round < 3; ++round) {
    Ledger ledger(sound_);
    auto spare = trial_of(300);
    spare.content = "key";
    spare.result.score = round;
    ledger.add_spare({spare, spare});
    auto final = trial_of(201 + round);
    final.generation = kFinalTests;
    ledger.note_proposals(kFinalTests, 0, {final.id});
    ledger.store(final);
    EXPECT_THROW(ledger.store(final), LedgerError) << "it is there already";
    ledger.finish_generation(kFinalTests);
    ledger.finish_generation(kFinalTests);
    if (round < 2) ledger.set_finals_aside([](const LedgerTrial&) { return "final"; });
    const LedgerReader beside(sound_);
    std::vector<std::string> damage;
    beside.trials(&damage);
    EXPECT_EQ(damage, std::vector<std::string>{});
  }
  EXPECT_EQ(Ledger(sound_).trials().size(), 201U);
}

/// What a crash in the middle of a write leaves: a journal that ends anywhere.
TEST_F(DamagedLedger, ATornJournalKeepsEveryTransactionBeforeTheTear) {
  const auto journal = folder_ / "live-wal";
  std::string live, log;
  {
    Ledger ledger(folder_ / "live");
    for (int id = 1; id <= 20; ++id) ledger.store(trial_of(id));
    live = bytes_of(folder_ / "live");
    log = bytes_of(journal);
  }
  ASSERT_GT(log.size(), 4096U);
  std::size_t kept_before = 0;
  for (std::size_t size = log.size() / 3; size <= log.size(); size += log.size() / 9) {
    write_bytes(file_, live);
    write_bytes(fs::path(file_.string() + "-wal"), log.substr(0, size));
    fs::remove(file_.string() + "-shm");
    const Ledger ledger(file_);
    const auto trials = ledger.trials();
    for (std::size_t i = 0; i < trials.size(); ++i) {
      EXPECT_EQ(trials[i].id, static_cast<std::int64_t>(i) + 1) << "a hole";
      EXPECT_EQ(trials[i].result.score, trial_of(trials[i].id).result.score);
    }
    EXPECT_GE(trials.size(), kept_before);
    kept_before = trials.size();
  }
  EXPECT_GT(kept_before, 10U);
}

}  // namespace
}  // namespace evobrnn
