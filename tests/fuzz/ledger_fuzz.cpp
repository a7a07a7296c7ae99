// SPDX-License-Identifier: Apache-2.0
/// Ledgers: the bytes of the file, and what its cells hold.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "apps/run_folder.hpp"
#include "evolve/ledger.hpp"
#include "evolve/ledger_reader.hpp"
#include "evolve/ledger_schema.hpp"
#include "tests/evolve/fake_search.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace evobrnn::fuzzing {
namespace {

namespace fs = std::filesystem;
using testing_support::ScratchFolder;

LedgerTrial trial_of(std::int64_t id) {
  LedgerTrial trial;
  trial.id = id;
  trial.generation = id == 1 ? 0 : kFinalTests;
  const auto space = testing::fake_space();
  trial.key = {"search", space.text(testing::fake_genome(0.1 * static_cast<double>(id))), 1, 0};
  trial.seed = trial_seed(1, trial.key);
  trial.parents = {id - 1};
  trial.result.status = TrialStatus::ok;
  trial.result.score = 0.5;
  trial.result.metrics = {{"loss", 0.25}, {"inf", std::numeric_limits<double>::infinity()}};
  trial.result.curve = {{1, 64, 0.5, 0.25, 0.125}, {2, 128, 0.5, std::nan(""), 0.5}};
  trial.content = "key" + std::to_string(id);
  return trial;
}

void fill(const fs::path& file) {
  Ledger ledger(file);
  ledger.note_proposals(0, 0, {1});
  ledger.store(trial_of(1));
  ledger.finish_generation(0);
  ledger.note_proposals(kFinalTests, 0, {2, 3});
  ledger.store(trial_of(2));
  ledger.add_spare({trial_of(9)});
}

/// All that a resume does to a ledger, and what reads beside it.
void use(const fs::path& file) {
  Ledger ledger(file);
  ledger.generations();
  ledger.trials();
  ledger.find(trial_of(2).key);
  ledger.find_spare("key9");
  ledger.set_finals_aside([](const LedgerTrial&) { return "key"; });
  constexpr std::int64_t kNew = 1000;  // in none of the valid ledgers
  ledger.note_proposals(kNew, 0, {kNew});
  ledger.store(trial_of(kNew));
  ledger.finish_generation(kNew);
}

void look_at(const fs::path& file) {
  const LedgerReader reader(file);
  std::vector<std::string> damaged;
  reader.trials(&damaged);
  reader.damage();
  reader.version();
  Ledger(file, Ledger::Access::read).generations();
}

/// Checksums and seal made right, where SQLite still finds the tables, so that damage behind them is looked at.
std::string sealed(const ScratchFolder& folder, const std::string& bytes) {
  for (const auto* journal : {"sealed-wal", "sealed-shm", "sealed-journal"}) fs::remove(folder / journal);
  const auto file = folder.write("sealed", bytes);
  try {
    SQLite::Database database(file, SQLite::OPEN_READWRITE);
    seal_anew(database);
  } catch (const std::exception&) {
    return bytes;
  }
  return read_whole(file);
}

TEST(Fuzz, Ledger) {
  const ScratchFolder folder;
  fill(folder / "made");
  const auto file = folder / "ledger";
  fuzz({.name = "Ledger",
        .inputs = {read_whole(folder / "made"), read_whole(fs::path(EVOBRNN_FIXTURES) / "version1.sqlite"),
                   read_whole(fs::path(EVOBRNN_FIXTURES) / "version2.sqlite")},
        .tokens = {"CREATE TABLE trials", "CREATE VIEW trials AS SELECT ",
                   "CREATE TRIGGER t AFTER INSERT ON trials BEGIN ", "WITHOUT ROWID", "TEXT NOT NULL", "sqlite_master",
                   "SQLite format 3", "WITH RECURSIVE ", "DEFAULT ("},
        .accepts =
            [&](const auto& input) {
              for (const auto* journal : {"-wal", "-shm", "-journal"}) fs::remove(file.string() + journal);
              folder.write("ledger", input);
              const bool read = accepts<LedgerError>([&] { look_at(file); });
              return accepts<LedgerError>([&] { use(file); }) && read;
            },
        .repair = [&](const std::string& bytes) { return sealed(folder, bytes); },
        .longest = 1 << 17});
}

/// Cells of a row whose checksum fits: nothing else stands between them and what reads them.
TEST(Fuzz, LedgerCells) {
  // The input's first byte says which.
  constexpr std::array kCells = {"metrics", "curve", "parents", "seed", "genome", "status", "cause", "role"};
  const ScratchFolder folder;
  fill(folder / "ledger");
  const auto file = (folder / "ledger").string();
  SQLite::Database database(file, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA synchronous = OFF");
  database.exec("CREATE TEMP TABLE sound AS SELECT * FROM trials WHERE id = 1");
  std::vector<std::string> valid;
  for (std::size_t i = 0; i < kCells.size(); ++i)
    valid.push_back(static_cast<char>(i) +
                    database.execAndGet(std::string("SELECT ") + kCells[i] + " FROM sound").getString());
  const auto space = testing::fake_space();
  fuzz({.name = "LedgerCells",
        .inputs = valid,
        .tokens = {"[", "]", "{\"a\":", "[[[[[[[[", "null", "true", "1e300", "1e999", "\"nan\"", "-1",
                   "18446744073709551615"},
        .accepts = [&](const auto& input) {
          const auto cell = input.empty() ? 0 : static_cast<unsigned char>(input[0]) % kCells.size();
          database.exec("DELETE FROM trials WHERE id = 1");
          database.exec("INSERT INTO trials SELECT * FROM sound");
          SQLite::Statement update(database, std::string("UPDATE trials SET ") + kCells[cell] + " = ? WHERE id = 1");
          update.bind(1, input.substr(std::min<std::size_t>(1, input.size())));
          update.exec();
          seal_anew(database);
          const LedgerReader reader(file);
          std::vector<LedgerTrial> trials;
          std::vector<std::string> damaged;
          if (!accepts<LedgerError>([&] { trials = reader.trials(); })) return false;
          require(reader.trials(&damaged).size() == 2 && damaged.empty(), "whole, and told as damaged");
          return accepts<std::invalid_argument>([&] { space.parse(trials[0].key.genome); });
        }});
}

}  // namespace
}  // namespace evobrnn::fuzzing
