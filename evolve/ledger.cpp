// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cctype>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "core/fault_point.hpp"
#include "evolve/clock.hpp"
#include "evolve/ledger_failure.hpp"
#include "evolve/ledger_reading.hpp"
#include "evolve/ledger_row.hpp"
#include "evolve/ledger_schema.hpp"

namespace evobrnn {
namespace {

constexpr std::uintmax_t kHeaderBytes = 100;

const std::string kColumns = kTrialColumns;

std::string insert_into(const std::string& table) {
  std::string marks = "?";
  for (int i = 1; i < kTrialColumnCount; ++i) marks += ", ?";
  return "INTO " + table + " (" + kColumns + ") VALUES (" + marks + ")";
}

const std::string kInsertTrial = "INSERT " + insert_into("trials");
const std::string kInsertSpare = "INSERT OR REPLACE " + insert_into("spare_trials");
const std::string kFind =
    "SELECT " + kColumns + " FROM trials WHERE role = ? AND genome = ? AND fidelity = ? AND repeat = ?";
const std::string kFindSpare = "SELECT " + kColumns + " FROM spare_trials WHERE content = ?";

/// Frees a prepared statement for its next use, whatever happened.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use() {
    statement_.tryReset();
    try {
      statement_.clearBindings();
    } catch (const SQLite::Exception&) {  // there is nothing to clear then
    }
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  SQLite::Statement* operator->() const { return &statement_; }
  SQLite::Statement& operator*() const { return statement_; }

 private:
  SQLite::Statement& statement_;
};

/// A trial that a thread waits for to be on the disk.
struct Waiting {
  const LedgerTrial& trial;
  std::exception_ptr failure{};
  bool done = false;
};

/// What was noted of generations and not written yet.
struct Notes {
  struct Proposal {
    std::int64_t generation, position, trial;
  };
  std::map<std::int64_t, double> started;
  std::vector<Proposal> proposals;
  bool empty() const { return started.empty() && proposals.empty(); }
};

}  // namespace

struct Ledger::Implementation {
  Implementation(const std::filesystem::path& file, Access access)
      : name(file.string()),
        database(access == Access::read ? open_ledger_to_read(name)
                                        : std::make_unique<SQLite::Database>(
                                              name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds)) {
    if (access == Access::write) open_to_write();
  }

  void open_to_write() {
    // SQLite takes a file shorter than its header for an empty one.
    std::error_code none;
    const auto size = std::filesystem::file_size(name, none);
    if (!none && size > 0 && size < kHeaderBytes) throw LedgerError("not a ledger, or torn; it was left as it is");
    // Checked before anything is written: a file that is no ledger, or a damaged one, stays as it is. Without this,
    // closing it would write its journal's pages into it.
    keep_journal(true);
    const auto version = ledger_version(*database);
    const auto found = database->execAndGet("PRAGMA integrity_check(1)").getString();
    if (found != "ok") throw LedgerError("the file is damaged, and was left as it is (SQLite: " + found + ")");
    // A file system without shared memory stays at a rollback journal, as durable under FULL.
    database->exec("PRAGMA journal_mode = WAL");
    database->exec("PRAGMA synchronous = FULL");
    bring_up_to_date(*database, version);
    keep_journal(false);
    SQLite::Statement counts(*database, "SELECT generation, count(*) FROM proposals GROUP BY generation");
    while (counts.executeStep()) proposals_known[counts.getColumn(0)] = counts.getColumn(1).getInt64();
    SQLite::Statement ends(*database, "SELECT generation FROM generations WHERE finished IS NOT NULL");
    while (ends.executeStep()) finished.insert(ends.getColumn(0).getInt64());
  }

  void keep_journal(bool keep) const {
    sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
  }

  /// Runs `action` under the lock, every failure as a LedgerError that names the file.
  template <class Action>
  auto guarded(const std::string& what, Action action) {
    const std::lock_guard lock(mutex);
    try {
      return action();
    } catch (const SQLite::Exception& error) {
      throw LedgerError("ledger " + name + ": " + what + ": " + failure_text(error));
    } catch (const std::exception& error) {
      throw LedgerError("ledger " + name + ": " + what + ": " + error.what());
    }
  }

  /// Prepared once, and kept.
  SQLite::Statement& statement(const std::string& sql) {
    auto known = statements.find(sql);
    if (known == statements.end()) known = statements.try_emplace(sql, *database, sql).first;
    return known->second;
  }

  /// One transaction: the notes of generations, and what `write` writes.
  template <class Write>
  void transact(Write write) {
    // Once a write failed nobody knows what the disk holds of it: only opening the ledger again tells.
    if (!broken.empty()) throw LedgerError(broken);
    try {
      SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
      fault_point(FaultPoint::inside_transaction);
      write_notes();
      write();
      fault_point(FaultPoint::before_commit);
      transaction.commit();
      int moved = 0;
      sqlite3_file_control(database->getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
      if (moved) throw LedgerError("the file was removed or replaced while the run was using it");
      fault_point(FaultPoint::after_commit);
    } catch (const SQLite::Exception& error) {
      broken = failure_text(error);
      throw LedgerError(broken);
    } catch (const LedgerError& error) {
      broken = error.what();
      throw;
    }
    notes = {};
  }

  void write_notes() {
    for (const auto& [generation, started] : notes.started) {
      const Use insert(statement("INSERT OR IGNORE INTO generations (generation, started) VALUES (?, ?)"));
      insert->bind(1, generation);
      insert->bind(2, started);
      insert->exec();
    }
    for (const auto& proposal : notes.proposals) {
      const Use insert(statement("INSERT INTO proposals (generation, position, trial) VALUES (?, ?, ?)"));
      insert->bind(1, proposal.generation);
      insert->bind(2, proposal.position);
      insert->bind(3, proposal.trial);
      insert->exec();
    }
  }

  void insert(const std::string& sql, const LedgerTrial& trial) {
    const Use use(statement(sql));
    bind_trial(*use, trial);
    use->exec();
  }

  /// Stores a batch in one transaction. A trial that is refused by itself does not keep the others out.
  void commit(const std::vector<Waiting*>& batch) {
    const std::lock_guard lock(mutex);
    const auto failure = [this](const Waiting& waiting, const std::string& cause) {
      return std::make_exception_ptr(
          LedgerError("ledger " + name + ": cannot store trial " + std::to_string(waiting.trial.id) + ": " + cause));
    };
    try {
      transact([&] {
        for (auto* waiting : batch) {
          try {
            insert(kInsertTrial, waiting->trial);
          } catch (const SQLite::Exception& error) {
            if (!refuses_one_row(error)) throw;
            waiting->failure = failure(*waiting, failure_text(error));
          }
        }
      });
    } catch (const std::exception& error) {
      for (auto* waiting : batch) {
        if (!waiting->failure) waiting->failure = failure(*waiting, error.what());
      }
    }
  }

  std::optional<LedgerTrial> find_one(SQLite::Statement& query) {
    if (!query.executeStep()) return std::nullopt;
    return read_trial(query);
  }

  std::string name;
  std::mutex mutex;  ///< guards what follows
  std::unique_ptr<SQLite::Database> database;
  std::map<std::string, SQLite::Statement> statements;
  std::string broken;  ///< why nothing can be written any more
  Notes notes;
  std::map<std::int64_t, std::int64_t> proposals_known;  ///< how many of each generation are stored or noted
  std::set<std::int64_t> finished;                       ///< generations

  std::mutex queue_mutex;  ///< guards the rest: trials that wait for a transaction
  std::condition_variable committed;
  std::vector<Waiting*> queue;
  bool committing = false;
};

Ledger::Ledger(const std::filesystem::path& file, Access access) {
  try {
    implementation_ = std::make_unique<Implementation>(file, access);
  } catch (const SQLite::Exception& error) {
    throw LedgerError("ledger " + file.string() + ": " + failure_text(error));
  } catch (const LedgerError& error) {
    throw LedgerError("ledger " + file.string() + ": " + error.what());
  }
}

Ledger::~Ledger() = default;

void Ledger::store(const LedgerTrial& trial) {
  // Who comes while nobody commits does so for all that wait; who comes in between waits for the next transaction. So
  // one fsync serves as many trials as end while the last one runs.
  auto& all = *implementation_;
  Waiting mine{trial};
  std::unique_lock lock(all.queue_mutex);
  all.queue.push_back(&mine);
  all.committed.wait(lock, [&] { return mine.done || !all.committing; });
  if (!mine.done) {
    all.committing = true;
    const auto batch = std::exchange(all.queue, {});
    lock.unlock();
    all.commit(batch);
    lock.lock();
    all.committing = false;
    for (auto* waiting : batch) waiting->done = true;
    all.committed.notify_all();
  }
  if (mine.failure) std::rethrow_exception(mine.failure);
}

std::optional<LedgerTrial> Ledger::find(const TrialKey& key) const {
  return implementation_->guarded("cannot read", [&] {
    const Use query(implementation_->statement(kFind));
    query->bind(1, key.role);
    query->bind(2, key.genome);
    query->bind(3, key.fidelity);
    query->bind(4, key.repeat);
    return implementation_->find_one(*query);
  });
}

std::vector<LedgerTrial> Ledger::trials() const {
  return implementation_->guarded("cannot read", [&] {
    const Use query(implementation_->statement("SELECT " + kColumns + " FROM trials ORDER BY id"));
    std::vector<LedgerTrial> trials;
    while (query->executeStep()) trials.push_back(read_trial(*query));
    return trials;
  });
}

void Ledger::note_proposals(std::int64_t generation, std::int64_t first, const std::vector<std::int64_t>& ids) {
  auto& all = *implementation_;
  const std::lock_guard lock(all.mutex);
  all.notes.started.try_emplace(generation, seconds_since_epoch());
  auto& known = all.proposals_known[generation];
  const auto end = first + static_cast<std::int64_t>(ids.size());
  for (; known < end; ++known) {
    all.notes.proposals.push_back({generation, known, ids.at(static_cast<std::size_t>(known - first))});
  }
}

void Ledger::finish_generation(std::int64_t generation) {
  auto& all = *implementation_;
  all.guarded("cannot finish generation " + std::to_string(generation), [&] {
    if (all.notes.proposals.empty() && all.finished.count(generation)) return;
    const auto now = seconds_since_epoch();
    all.notes.started.try_emplace(generation, now);
    all.transact([&] {
      const Use update(all.statement("UPDATE generations SET finished = ? WHERE generation = ? AND finished IS NULL"));
      update->bind(1, now);
      update->bind(2, generation);
      update->exec();
    });
    all.finished.insert(generation);
  });
}

std::vector<LedgerGeneration> Ledger::generations() const {
  return implementation_->guarded("cannot read", [&] {
    std::vector<LedgerGeneration> list;
    const Use rows(implementation_->statement(
        "SELECT generation, started, finished FROM generations ORDER BY generation < 0, generation"));
    while (rows->executeStep()) {
      const auto finished = rows->getColumn(2);
      list.push_back({rows->getColumn(0).getInt64(),
                      {},
                      rows->getColumn(1).getDouble(),
                      finished.isNull() ? std::nullopt : std::optional(finished.getDouble())});
    }
    const Use proposals(
        implementation_->statement("SELECT trial FROM proposals WHERE generation = ? ORDER BY position"));
    for (auto& generation : list) {
      proposals->reset();
      proposals->bind(1, generation.generation);
      while (proposals->executeStep()) generation.proposals.push_back(proposals->getColumn(0).getInt64());
    }
    return list;
  });
}

void Ledger::add_spare(const std::vector<LedgerTrial>& trials) {
  auto& all = *implementation_;
  all.guarded("cannot store spare trials", [&] {
    all.transact([&] {
      for (const auto& trial : trials) {
        if (!trial.content.empty()) all.insert(kInsertSpare, trial);
      }
    });
  });
}

std::optional<LedgerTrial> Ledger::find_spare(const std::string& content) const {
  return implementation_->guarded("cannot read", [&] {
    const Use query(implementation_->statement(kFindSpare));
    query->bind(1, content);
    return implementation_->find_one(*query);
  });
}

void Ledger::set_finals_aside(const std::function<std::string(const LedgerTrial&)>& content_of) {
  auto finals = trials();
  std::erase_if(finals, [](const LedgerTrial& trial) { return trial.generation >= 0; });
  auto& all = *implementation_;
  all.guarded("cannot set the final tests aside", [&] {
    all.transact([&] {
      for (auto& trial : finals) {
        if (trial.content.empty()) trial.content = content_of(trial);
        all.insert(kInsertSpare, trial);
      }
      for (const auto* table : {"trials", "generations", "proposals"})
        all.database->exec(std::string("DELETE FROM ") + table + " WHERE generation < 0");
    });
    all.proposals_known.erase(kFinalTests);
    all.finished.erase(kFinalTests);
  });
}

}  // namespace evobrnn
