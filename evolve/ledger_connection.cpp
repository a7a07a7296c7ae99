// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_connection.hpp"

#include <sqlite3.h>

#include "evolve/ledger_check.hpp"
#include "evolve/ledger_reading.hpp"
#include "evolve/ledger_schema.hpp"

namespace evobrnn {
namespace {

constexpr std::uintmax_t kHeaderBytes = 100;

}  // namespace

Use::~Use() {
  statement_.tryReset();
  try {
    statement_.clearBindings();
  } catch (const SQLite::Exception&) {  // there is nothing to clear then
  }
}

LedgerConnection::LedgerConnection(const std::filesystem::path& file, Ledger::Access access)
    : name_(file.string()),
      database_(access == Ledger::Access::read
                    ? open_ledger_to_read(name_)
                    : std::make_unique<SQLite::Database>(
                          own_path(name_), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOFOLLOW)) {
  if (access == Ledger::Access::read) {
    require_whole(*database_);
    return;
  }
  wait_while_locked(*database_);
  open_to_write();
}

void LedgerConnection::open_to_write() {
  // SQLite takes a file shorter than its header for an empty one.
  std::error_code none;
  const auto size = std::filesystem::file_size(name_, none);
  if (!none && size > 0 && size < kHeaderBytes) throw LedgerError("not a ledger, or torn; it was left as it is");
  // Checked before anything is written: a file that is no ledger, or a damaged one, stays as it is. Without this,
  // closing it would write its journal's pages into it.
  keep_journal(true);
  const auto version = ledger_version(*database_);
  const auto found = database_->execAndGet("PRAGMA integrity_check(1)").getString();
  if (found != "ok") throw LedgerError("the file is damaged, and was left as it is (SQLite: " + found + ")");
  if (version == kSchemaVersion) require_whole(*database_);
  // A file system without shared memory stays at a rollback journal, as durable under FULL.
  database_->exec("PRAGMA journal_mode = WAL");
  database_->exec("PRAGMA synchronous = FULL");
  bring_up_to_date(*database_, version);
  keep_journal(false);
}

void LedgerConnection::keep_journal(bool keep) const {
  sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

SQLite::Statement& LedgerConnection::statement(const std::string& sql) {
  auto known = statements_.find(sql);
  if (known == statements_.end()) known = statements_.try_emplace(sql, *database_, sql).first;
  return known->second;
}

/// Once a write failed nobody knows what the disk holds of it: only opening the ledger again tells.
void LedgerConnection::require_sound() const {
  if (!broken_.empty()) throw LedgerError(broken_);
}

void LedgerConnection::commit(SQLite::Transaction& transaction) const {
  fault_point(FaultPoint::before_commit);
  transaction.commit();
  int moved = 0;
  sqlite3_file_control(database_->getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved) throw LedgerError("the file was removed or replaced while the run was using it");
  fault_point(FaultPoint::after_commit);
}

}  // namespace evobrnn
