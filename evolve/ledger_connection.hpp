// SPDX-License-Identifier: Apache-2.0
/// The open database of a ledger: prepared statements, transactions, and every failure as a LedgerError.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/fault_point.hpp"
#include "evolve/ledger.hpp"
#include "evolve/ledger_failure.hpp"

namespace evobrnn {

/// Frees a prepared statement for its next use, whatever happened.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use();
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  SQLite::Statement* operator->() const { return &statement_; }
  SQLite::Statement& operator*() const { return statement_; }

 private:
  SQLite::Statement& statement_;
};

class LedgerConnection {
 public:
  /// As Ledger's constructor; its errors do not name the file yet.
  LedgerConnection(const std::filesystem::path& file, Ledger::Access access);

  const std::string& name() const { return name_; }
  /// Under the lock.
  SQLite::Database& database() { return *database_; }

  /// Runs `action` under the lock that guards all that follows.
  template <class Action>
  auto locked(Action action) {
    const std::lock_guard lock(mutex_);
    return action();
  }
  /// The same, with every failure as a LedgerError that names the file.
  template <class Action>
  auto guarded(const std::string& what, Action action) {
    const std::lock_guard lock(mutex_);
    try {
      return action();
    } catch (const SQLite::Exception& error) {
      throw LedgerError("ledger " + name_ + ": " + what + ": " + failure_text(error));
    } catch (const std::exception& error) {
      throw LedgerError("ledger " + name_ + ": " + what + ": " + error.what());
    }
  }

  /// Prepared once, and kept.
  SQLite::Statement& statement(const std::string& sql);
  void execute(const std::string& sql) { database_->exec(sql); }

  /// One transaction. Once one failed, every later one does, with its cause.
  template <class Write>
  void transact(Write write) {
    require_sound();
    try {
      SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
      fault_point(FaultPoint::inside_transaction);
      write();
      commit(transaction);
    } catch (const SQLite::Exception& error) {
      broken_ = failure_text(error);
      throw LedgerError(broken_);
    } catch (const LedgerError& error) {
      broken_ = error.what();
      throw;
    }
  }

 private:
  void open_to_write();
  void keep_journal(bool keep) const;
  void require_sound() const;
  void commit(SQLite::Transaction& transaction) const;

  const std::string name_;
  std::mutex mutex_;
  std::unique_ptr<SQLite::Database> database_;
  std::map<std::string, SQLite::Statement> statements_;
  std::string broken_;  ///< why nothing can be written any more
};

}  // namespace evobrnn
