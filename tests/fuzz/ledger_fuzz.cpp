// SPDX-License-Identifier: Apache-2.0
/// Ledgers: the whole file, and single cells behind a checksum that fits.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include "evolve/ledger.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

LedgerTrial trial_of(std::int64_t id) {
  LedgerTrial trial;
  trial.id = id;
  trial.key = {"search", "{\"model.n\":" + std::to_string(id) + "}", 1, 0};
  trial.seed = 12345678901234567890u;
  trial.parents = {1, 2};
  trial.result.status = TrialStatus::ok;
  trial.result.score = 1.0 / static_cast<double>(id);
  trial.result.metrics = {{"dt", 0.1}, {"nan", std::numeric_limits<double>::quiet_NaN()}};
  trial.result.curve = {{1, 64, 0.5, 0.5, 0.25}};
  trial.content = "abc";
  return trial;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class FuzzLedger : public ::testing::Test {
 protected:
  FuzzLedger() {
    {
      Ledger ledger(folder_ / "sound");
      ledger.note_proposals(0, 0, {1, 2, 3});
      for (int id = 1; id <= 3; ++id) ledger.store(trial_of(id));
      ledger.finish_generation(0);
    }
    sound_ = bytes_of(folder_ / "sound");
  }

  /// Reads everything, as `status`, `export` and a search that goes on do.
  bool reads(const std::string& bytes, Ledger::Access access) {
    for (const auto* end : {"", "-wal", "-shm", "-journal"}) fs::remove(file_.string() + end);
    folder_.write("ledger", bytes);
    return fuzzing::accepts<LedgerError>([&] {
      const Ledger ledger(file_, access);
      ledger.trials();
      ledger.generations();
      ledger.find({"search", "{\"model.n\":2}", 1, 0});
      ledger.find_spare("abc");
    });
  }

  testing_support::ScratchFolder folder_;
  const fs::path file_ = folder_ / "ledger";
  std::string sound_;
};

TEST_F(FuzzLedger, LedgerFile) {
  const std::vector<std::string> tokens = {"SQLite format 3", "CREATE TABLE trials", "metrics", "ok",
                                           "{\"model.n\":1}"};
  fuzzing::fuzz({.name = "LedgerFile",
                 .inputs = {sound_},
                 .tokens = tokens,
                 .accepts =
                     [this](const std::string& input) {
                       const bool read = reads(input, Ledger::Access::read);
                       return reads(input, Ledger::Access::write) && read;
                     },
                 .longest = 4 * sound_.size()});
}

/// The input is a column's number and the cell's new bytes.
TEST_F(FuzzLedger, LedgerCell) {
  constexpr std::array kColumns = {"genome", "seed",    "parents", "status", "cause", "metrics",
                                   "curve",  "content", "role",    "score",  "id",    "fidelity"};
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    SQLite::Database database((folder_ / "sound").string(), SQLite::OPEN_READONLY);
    const auto cell =
        database.execAndGet(std::string("SELECT ") + kColumns[i] + " FROM trials WHERE id = 2").getString();
    inputs.push_back(static_cast<char>(i) + cell);
  }
  const auto accepts = [&](const std::string& input) {
    const auto column = static_cast<std::size_t>(static_cast<unsigned char>(input.empty() ? '\0' : input[0]));
    for (const auto* end : {"", "-wal", "-shm", "-journal"}) fs::remove(file_.string() + end);
    folder_.write("ledger", sound_);
    bool possible = true;
    try {
      SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
      SQLite::Statement update(database, std::string("UPDATE trials SET checksum = NULL, ") +
                                             kColumns[column % kColumns.size()] + " = ? WHERE id = 2");
      const auto text = input.empty() ? input : input.substr(1);
      if (column < 128) update.bind(1, text);
      else update.bind(1, text.data(), static_cast<int>(text.size()));  // as a blob
      update.exec();
    } catch (const SQLite::Exception&) {
      possible = false;  // the schema itself refuses it
    }
    return reads(bytes_of(file_), Ledger::Access::read) && possible;
  };
  fuzzing::fuzz(
      {"LedgerCell", inputs, {"{", "}", "[", "]", "\"nan\"", "null", "1e999", "\"", "[[[[", "ok", "search"}, accepts});
}

}  // namespace
}  // namespace evobrnn
