// SPDX-License-Identifier: Apache-2.0
/// Ledgers: whole files, and single cells of a row.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "evolve/ledger.hpp"
#include "evolve/ledger_reader.hpp"
#include "evolve/search_space.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

using testing_support::ScratchFolder;

SearchSpace small_space() {
  Gene dt, n, readout;
  dt.path = "model.dt";
  n.path = "model.n";
  n.kind = GeneKind::integer;
  n.low = 2;
  n.high = 90;
  readout.path = "model.readout";
  readout.kind = GeneKind::categorical;
  readout.values = {std::string("all"), std::string("excitatory")};
  return SearchSpace({dt, n, readout});
}

LedgerTrial some_trial(std::int64_t id) {
  LedgerTrial trial;
  trial.id = id;
  trial.generation = id / 3;
  trial.key = {"search", small_space().text({0.1 * static_cast<double>(id), 2 + id, std::string("all")}), 1, 0};
  trial.seed = std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(id);
  if (id > 2) trial.parents = {id - 2, id - 1};
  trial.result.status = id == 3 ? TrialStatus::diverged : TrialStatus::ok;
  trial.result.cause = id == 3 ? "loss is inf at step 3" : "";
  trial.result.score = 0.25 * static_cast<double>(id);
  trial.result.metrics = {{"dt", 0.5}, {"loss", std::numeric_limits<double>::infinity()}};
  trial.result.curve = {{1, 32, 2.5, std::numeric_limits<double>::quiet_NaN(), 0.1}, {2, 64, 1.5, 1.25, 0.2}};
  trial.worker = "worker 0";
  trial.content = "key " + std::to_string(id);
  return trial;
}

void write_ledger(const std::filesystem::path& file) {
  Ledger ledger(file);
  for (std::int64_t generation = 0; generation < 2; ++generation) {
    ledger.note_proposals(generation, 0, {1, 2, 3});
    for (std::int64_t id = 3 * generation + 1; id <= 3 * generation + 3; ++id) ledger.store(some_trial(id));
    ledger.finish_generation(generation);
  }
  ledger.add_spare({some_trial(7)});
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// What status, verify and export do with a ledger.
bool reads_beside_a_run(const std::filesystem::path& file) {
  return accepts<LedgerError>([&] {
    const LedgerReader reader(file);
    std::vector<std::string> damaged;
    reader.trials(&damaged);
    reader.damage();
    const Ledger ledger(file, Ledger::Access::read);
    ledger.trials();
    ledger.generations();
  });
}

/// What resume does with it.
bool goes_on(const std::filesystem::path& file) {
  return accepts<LedgerError>([&] {
    Ledger ledger(file);
    ledger.trials();
    ledger.find(some_trial(2).key);
    ledger.find_spare("key 7");
    ledger.note_proposals(2, 0, {8});
    ledger.store(some_trial(8));
    ledger.finish_generation(2);
    ledger.generations();
    ledger.set_finals_aside([](const LedgerTrial&) { return "final"; });
  });
}

TEST(Fuzz, LedgerFile) {
  const ScratchFolder folder;
  write_ledger(folder / "made.sqlite");
  const auto made = bytes_of(folder / "made.sqlite");
  const auto with_header = [&](std::string damaged) {
    constexpr std::size_t kHeader = 100;
    if (damaged.size() > kHeader) damaged.replace(0, kHeader, made, 0, kHeader);
    return damaged;
  };
  fuzz({.name = "LedgerFile",
        .inputs = {made, bytes_of(std::filesystem::path(EVOBRNN_FIXTURES) / "version1.sqlite")},
        .tokens = {"evBR", "CREATE TABLE ", "trials", "proposals", "INTEGER", "UNIQUE", "NULL", "SQLite format 3",
                   std::string("\x0d\0\0\0", 4), "search"},
        .accepts =
            [&](const std::string& input) {
              for (const auto* beside : {"-wal", "-shm", "-journal"})
                std::filesystem::remove(folder / (std::string("in.sqlite") + beside));
              const auto file = folder.write("in.sqlite", input);
              const bool read = reads_beside_a_run(file);
              return goes_on(file) && read;
            },
        .repair = with_header,
        .longest = std::size_t{1} << 18});
}

/// A ledger of one trial, any cell of which can be changed.
class ChangeableRow {
 public:
  ChangeableRow() : file_(write()), database_(file_.string(), SQLite::OPEN_READWRITE) {
    database_.exec("PRAGMA synchronous = OFF");
    database_.exec("CREATE TEMP TABLE whole AS SELECT * FROM trials");
  }

  /// `cell`: "COLUMN TYPE\nVALUE". Throws SQLite::Exception where the table does not take it.
  void set(const std::string& cell) {
    const auto space = cell.find(' '), end = cell.find('\n');
    if (space >= end) throw SQLite::Exception("names no column");
    const auto column = cell.substr(0, space), type = cell.substr(space + 1, end - space - 1);
    const bool named = column.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
    if (!named || !kTypes.count(type)) throw SQLite::Exception("no column or no type");
    SQLite::Transaction transaction(database_);
    database_.exec("DELETE FROM trials; INSERT INTO trials SELECT * FROM whole");
    SQLite::Statement update(database_, "UPDATE trials SET checksum = NULL, " + column + " = CAST(? AS " + type + ")");
    update.bind(1, cell.data() + end + 1, static_cast<int>(cell.size() - end - 1));
    update.exec();
    transaction.commit();
  }

  const std::filesystem::path& file() const { return file_; }

 private:
  inline static const std::set<std::string> kTypes = {"text", "blob", "integer", "real"};

  std::filesystem::path write() const {
    Ledger(folder_ / "ledger.sqlite").store(some_trial(1));
    return folder_ / "ledger.sqlite";
  }

  const ScratchFolder folder_;
  const std::filesystem::path file_;
  SQLite::Database database_;
};

const std::vector<std::string> kCells = {"metrics text\n{\"dt\":0.5,\"loss\":\"inf\"}",
                                         "curve text\n[[1,32,2.5,\"nan\",0.1],[2,64,1.5,1.25,0.2]]",
                                         "parents text\n[1,2]",
                                         "seed text\n18446744073709551615",
                                         "genome text\n{\"model.dt\":0.5,\"model.n\":5,\"model.readout\":\"all\"}",
                                         "status text\ndiverged",
                                         "cause text\nloss is inf",
                                         "score real\n0.5",
                                         "fidelity blob\n1",
                                         "generation integer\n7",
                                         "steps integer\n9223372036854775807",
                                         "started text\nx",
                                         "content blob\nkey"};

/// What LedgerReader and Ledger say of the row agrees.
LedgerTrial read_row(const std::filesystem::path& file) {
  std::vector<std::string> damaged;
  LedgerReader(file).trials(&damaged);
  const auto trials = Ledger(file, Ledger::Access::read).trials();
  require(damaged.empty() && trials.size() == 1, "damaged for one reader alone");
  require(differences(trials[0], trials[0]).empty(), "a trial differs from itself");
  return trials[0];
}

TEST(Fuzz, LedgerCell) {
  ChangeableRow row;
  fuzz({.name = "LedgerCell",
        .inputs = kCells,
        .tokens = {"[",
                   "]",
                   "{",
                   "}",
                   ",",
                   ":",
                   "\"",
                   "\"nan\"",
                   "\"inf\"",
                   "null",
                   "-1",
                   "1e999",
                   "0.",
                   "\"all\"",
                   "\\ud800",
                   "\xff",
                   "\"model.dt\":",
                   " text\n",
                   " blob\n",
                   " real\n",
                   " integer\n",
                   "metrics ",
                   "curve ",
                   "parents ",
                   "seed ",
                   "genome ",
                   "status ok",
                   "checksum integer"},
        .accepts =
            [&](const std::string& input) {
              std::string genome;
              return accepts<SQLite::Exception>([&] { row.set(input); }) &&
                     accepts<LedgerError>([&] { genome = read_row(row.file()).key.genome; }) &&
                     accepts<std::invalid_argument>([&] { small_space().parse(genome); });
            },
        .at_least = 1000});
}

}  // namespace
}  // namespace evobrnn::fuzzing
