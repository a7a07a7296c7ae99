// SPDX-License-Identifier: Apache-2.0
/// Torn and garbled ledger files: a clear error or every trial as it was, and nothing overwritten.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "evolve/ledger.hpp"
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
      for (int id = 1; id <= kTrials; ++id) ledger.store(trial_of(id));
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

TEST_F(DamagedLedger, ANumberThatChangedIsTold) {
  fs::copy_file(sound_, file_);
  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("UPDATE trials SET score = score + 1e-9 WHERE id = 7");
  const Ledger ledger(file_);
  try {
    ledger.find(trial_of(7).key);
    ADD_FAILURE() << "not noticed";
  } catch (const LedgerError& error) {
    EXPECT_NE(std::string(error.what()).find("trial 7 is damaged: its checksum"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(ledger.find(trial_of(8).key)) << "the others are whole";
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
