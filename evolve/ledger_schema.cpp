// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_schema.hpp"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <map>
#include <string>
#include <utility>

#include "evolve/ledger.hpp"
#include "evolve/ledger_check.hpp"
#include "evolve/ledger_row.hpp"
#include "evolve/ledger_seal.hpp"

namespace evobrnn {
namespace {

constexpr int kApplicationId = 0x65764252;  // "evBR"

// Real numbers have no column type: the REAL affinity would turn -0.0 into 0. A NaN is NULL.
const std::string kTrialTable = R"(
  generation INTEGER NOT NULL, -- from 0; -1: final test
  role TEXT NOT NULL,
  genome TEXT NOT NULL,        -- JSON object, gene path to value
  fidelity NOT NULL,
  repeat INTEGER NOT NULL,
  seed TEXT NOT NULL,          -- unsigned 64 bits, in decimal
  parents TEXT NOT NULL,       -- JSON list of ids
  status TEXT NOT NULL CHECK (status <> 'cancelled'),
  cause TEXT NOT NULL,
  score,                       -- NULL unless ok
  steps INTEGER NOT NULL,
  samples INTEGER NOT NULL,
  flops,
  wall_seconds,
  cpu_seconds,
  peak_bytes INTEGER NOT NULL,
  metrics TEXT NOT NULL,       -- JSON object; numbers that are not finite are the texts "nan", "inf", "-inf"
  curve TEXT NOT NULL,         -- JSON list of [step, samples, train_loss, validation_loss, validation_score]
  worker TEXT NOT NULL,
  started,                     -- seconds since 1970-01-01
  content TEXT NOT NULL,       -- content key: same key, same bits; empty: not known
  origin TEXT NOT NULL,        -- where it was taken over from; empty: trained here
  checksum INTEGER             -- over all other columns
)";

const std::string kSchema = "CREATE TABLE trials (\n  id INTEGER PRIMARY KEY,      -- order of proposal, from 1" +
                            kTrialTable + ", UNIQUE (role, genome, fidelity, repeat));\n" +
                            "CREATE TABLE spare_trials (\n  id INTEGER NOT NULL," + kTrialTable +
                            ", PRIMARY KEY (content));" + R"(
CREATE TABLE generations (
  generation INTEGER PRIMARY KEY,
  started,
  finished                     -- NULL: not finished
);
CREATE TABLE proposals (
  generation INTEGER NOT NULL,
  position INTEGER NOT NULL,   -- from 0, in order of proposal
  trial INTEGER NOT NULL,      -- its id; it may not have ended yet
  PRIMARY KEY (generation, position)
) WITHOUT ROWID;
)";

// Since version 3.
const std::string kSealSchema = R"(
CREATE TABLE facts (
  name TEXT PRIMARY KEY,       -- "score": what scores are
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE seal (
  name TEXT PRIMARY KEY,       -- of a table
  rows INTEGER NOT NULL,
  digest INTEGER NOT NULL      -- sum over its rows' checksums
) WITHOUT ROWID;
)";

/// Version 1 had the trials alone, with a list of the statuses that there were, a score of 0 for trials that had none,
/// and neither keys, origins nor checksums.
const std::string kColumns1 =
    "id, generation, role, genome, fidelity, repeat, seed, parents, status, cause, steps, samples, flops, "
    "wall_seconds, "
    "cpu_seconds, peak_bytes, metrics, curve, worker, started";

void migrate_from_1(SQLite::Database& database) {
  database.exec("ALTER TABLE trials RENAME TO trials_1");
  database.exec(kSchema);
  database.exec("INSERT INTO trials (" + kColumns1 + ", score, content, origin) SELECT " + kColumns1 +
                ", CASE WHEN status = 'ok' THEN score END, '', '' FROM trials_1");
  database.exec("DROP TABLE trials_1");
  // A generation had finished where another or the final tests followed it.
  database.exec(
      "INSERT INTO generations SELECT generation, min(started), CASE WHEN generation >= 0 AND (generation < (SELECT "
      "max(generation) FROM trials) OR EXISTS (SELECT 1 FROM trials WHERE generation < 0)) THEN max(started + "
      "wall_seconds) END FROM trials GROUP BY generation");
}

/// Versions before 3 had none. Their checksums have to be right all the same.
void add_seal(SQLite::Database& database) {
  database.exec(kSealSchema);
  LedgerSeal seal;
  seal.count_all_again(database);
  seal.write(database);
}

int pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(std::string("PRAGMA ") + name).getInt();
}

}  // namespace

int ledger_version(SQLite::Database& database) {
  const auto application = pragma(database, "application_id");
  const auto version = pragma(database, "user_version");
  const auto tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
  if (application == 0 && version == 0 && tables == 0) return 0;
  if (application != kApplicationId) throw LedgerError("a database, but not a ledger of evobrnn");
  if (version > kSchemaVersion) {
    throw LedgerError("written by a newer evobrnn (schema " + std::to_string(version) + "; this one reads up to " +
                      std::to_string(kSchemaVersion) + ")");
  }
  return version;
}

void bring_up_to_date(SQLite::Database& database, int version) {
  if (version == kSchemaVersion) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (version == 0) {
    database.exec(kSchema);
    database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  }
  if (version == 1) migrate_from_1(database);
  add_seal(database);
  if (version == 1) seal_anew(database);
  database.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  require_whole(database);
  transaction.commit();
}

void seal_anew(SQLite::Database& database) {
  for (const std::string table : {kTrialsTable, kSpareTable}) {
    SQLite::Statement rows(database, std::string("SELECT ") + kTrialColumns + " FROM " + table);
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> checksums;  // spare trials are told apart by content
    while (rows.executeStep())
      checksums[{rows.getColumn("id").getInt64(), rows.getColumn("content").getString()}] = checksum_of(rows);
    SQLite::Statement update(database, "UPDATE " + table + " SET checksum = ? WHERE id = ? AND content = ?");
    for (const auto& [row, checksum] : checksums) {
      update.reset();
      update.bind(1, checksum);
      update.bind(2, row.first);
      update.bind(3, row.second);
      update.exec();
    }
  }
  LedgerSeal seal;
  seal.count_all_again(database);
  seal.write(database);
}

}  // namespace evobrnn
