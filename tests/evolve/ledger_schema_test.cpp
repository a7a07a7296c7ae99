// SPDX-License-Identifier: Apache-2.0
/// Ledgers of every released version are read and brought up to date; tests/evolve/fixtures/ holds one of each.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "evolve/ledger.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using testing_support::ScratchFolder;

const fs::path kVersion1 = fs::path(EVOBRNN_FIXTURES) / "version1.sqlite";

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Version1 : public ::testing::Test {
 protected:
  // SQLite puts files beside one that it reads, so the fixture itself is never opened.
  Version1() {
    for (const auto& copy : {file_, old_}) fs::copy_file(kVersion1, copy);
  }
  ScratchFolder folder_;
  const fs::path file_ = folder_ / "ledger.sqlite", old_ = folder_ / "old.sqlite";
};

TEST_F(Version1, IsMigratedWithEveryTrialAsItWas) {
  { Ledger ledger(file_); }
  // Asked of SQLite itself, type by type: what the fixture holds is all there, and nothing else.
  SQLite::Database database(file_.string(), SQLite::OPEN_READONLY);
  database.exec("ATTACH '" + old_.string() + "' AS old");
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 3);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM main.trials WHERE checksum IS NULL").getInt(), 0);
  const std::string all = "SELECT count(*) FROM ";
  EXPECT_EQ(database.execAndGet(all + "old.trials").getInt(), 34);
  EXPECT_EQ(database.execAndGet(all + "main.trials").getInt(), 34);
  std::string columns;
  SQLite::Statement names(database, "SELECT name FROM pragma_table_info('trials', 'old')");
  while (names.executeStep()) {
    const auto name = names.getColumn(0).getString();
    // Trials that failed had a score of 0; now they have none.
    const auto value = name == "score" ? std::string("CASE WHEN status = 'ok' THEN score END") : name;
    columns += (columns.empty() ? "" : ", ") + value + ", typeof(" + value + ")";
  }
  EXPECT_EQ(
      database
          .execAndGet(all + "(SELECT " + columns + " FROM old.trials EXCEPT SELECT " + columns + " FROM main.trials)")
          .getInt(),
      0);
}

TEST_F(Version1, TakesStatusesThatItDidNotKnow) {
  Ledger ledger(file_);
  auto trial = ledger.trials().back();
  ++trial.id;
  ++trial.key.repeat;
  trial.result = TrialResult{};
  trial.result.status = TrialStatus::crashed;
  ledger.store(trial);
  EXPECT_EQ(ledger.trials().back().result.status, TrialStatus::crashed);
}

TEST_F(Version1, KnowsItsGenerationsWithoutAReplay) {
  const Ledger ledger(file_);
  const auto generations = ledger.generations();
  ASSERT_EQ(generations.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(generations[i].generation, static_cast<std::int64_t>(i));
    EXPECT_GT(generations[i].started, 1e9);
    ASSERT_TRUE(generations[i].finished);
    EXPECT_GE(*generations[i].finished, generations[i].started);
    EXPECT_TRUE(generations[i].proposals.empty()) << "version 1 did not keep them";
  }
  EXPECT_EQ(generations[3].generation, kFinalTests);
  EXPECT_FALSE(generations[3].finished) << "nobody knows whether these were all";
}

TEST_F(Version1, IsReadWithoutBeingChanged) {
  const Ledger read(file_, Ledger::Access::read);
  EXPECT_EQ(read.trials().size(), 34U);
  EXPECT_TRUE(bytes_of(file_) == bytes_of(kVersion1));
  Ledger migrated(file_);
  EXPECT_EQ(differences(read, migrated), std::vector<std::string>{});
}

TEST_F(Version1, StaysAsItWasWhereTheMigrationIsInterrupted) {
  {
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
    database.exec("CREATE VIEW generations AS SELECT 1");  // in the way of the new table
  }
  const auto before = bytes_of(file_);
  EXPECT_THROW(Ledger{file_}, LedgerError);
  EXPECT_TRUE(bytes_of(file_) == before);
  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("DROP VIEW generations");
  EXPECT_EQ(Ledger(file_).trials().size(), 34U);
}

class Version2 : public ::testing::Test {
 protected:
  Version2() { fs::copy_file(fs::path(EVOBRNN_FIXTURES) / "version2.sqlite", file_); }
  ScratchFolder folder_;
  const fs::path file_ = folder_ / "ledger.sqlite";
};

TEST_F(Version2, IsReadAndSealedWithEveryRowAsItWas) {
  const Ledger read(file_, Ledger::Access::read);
  EXPECT_EQ(read.trials().size(), 10U);
  EXPECT_FALSE(read.score()) << "version 2 did not keep it";
  {
    Ledger migrated(file_);
    EXPECT_EQ(differences(read, migrated), std::vector<std::string>{});
    ASSERT_EQ(migrated.generations().size(), 3U);
    EXPECT_EQ(migrated.generations()[1].proposals, (std::vector<std::int64_t>{4, 5, 6}));
  }
  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("DELETE FROM trials WHERE id = 5");
  EXPECT_THROW(Ledger{file_}, LedgerError);
}

TEST_F(Version2, WithoutAChecksumIsRefusedAndLeftAsItIs) {
  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("UPDATE trials SET checksum = NULL WHERE id = 5");
  EXPECT_THROW(Ledger{file_}, LedgerError);
  EXPECT_THROW(Ledger(file_, Ledger::Access::read), LedgerError);
  EXPECT_EQ(SQLite::Database(file_.string(), SQLite::OPEN_READONLY).execAndGet("PRAGMA user_version").getInt(), 2);
}

}  // namespace
}  // namespace evobrnn
