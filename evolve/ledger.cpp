// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger.hpp"

#include <future>

#include "evolve/generation_book.hpp"
#include "evolve/ledger_connection.hpp"
#include "evolve/ledger_row.hpp"
#include "evolve/ledger_seal.hpp"
#include "evolve/run_clock.hpp"
#include "evolve/store_queue.hpp"

namespace evobrnn {
namespace {

const std::string kColumns = kTrialColumns;

std::string insert_into(const std::string& table) {
  std::string marks = "?";
  for (int i = 1; i < kTrialColumnCount; ++i) marks += ", ?";
  return "INTO " + table + " (" + kColumns + ") VALUES (" + marks + ")";
}

const std::string kInsertTrial = "INSERT " + insert_into("trials");
const std::string kInsertSpare = "INSERT OR REPLACE " + insert_into("spare_trials");
const std::string kWhereKey = " FROM trials WHERE role = ? AND genome = ? AND fidelity = ? AND repeat = ?";
const std::string kFind = "SELECT " + kColumns + kWhereKey;
const std::string kFindId = "SELECT id" + kWhereKey;
const std::string kSpareChecksum = "SELECT checksum FROM spare_trials WHERE content = ?";
const std::string kFindSpare = "SELECT " + kColumns + " FROM spare_trials WHERE content = ?";

void bind_key(SQLite::Statement& query, const TrialKey& key) {
  query.bind(1, key.role);
  query.bind(2, key.genome);
  query.bind(3, key.fidelity);
  query.bind(4, key.repeat);
}

std::optional<LedgerTrial> find_one(SQLite::Statement& query) {
  if (!query.executeStep()) return std::nullopt;
  return read_trial(query);
}

}  // namespace

struct Ledger::Implementation {
  Implementation(const std::filesystem::path& file, Access access) : connection(file, access) {
    if (access == Access::read) return;
    seal.read(connection.database());
    book.read();
    clock.not_before(latest());
  }

  /// The last moment that the ledger tells of, in seconds since the epoch.
  double latest() {
    const Use query(connection.statement(
        "SELECT max(coalesce((SELECT max(started + wall_seconds) FROM trials), 0), coalesce((SELECT max(max(started), "
        "coalesce(max(finished), 0)) FROM generations), 0))"));
    return query->executeStep() ? query->getColumn(0).getDouble() : 0;
  }

  /// One transaction: the notes of generations, and what `write` writes.
  template <class Write>
  void transact(Write write) {
    const auto sealed = seal;
    try {
      connection.transact([&] {
        book.write_notes();
        write();
        seal.write(connection.database());
      });
    } catch (...) {
      seal = sealed;
      throw;
    }
    book.notes_written();
  }

  void insert(const std::string& sql, const char* table, const LedgerTrial& trial) {
    const Use use(connection.statement(sql));
    const auto checksum = bind_trial(*use, trial);
    use->exec();
    seal.of(table).add(checksum);
  }

  void insert_spare(const LedgerTrial& trial) {
    {
      const Use replaced(connection.statement(kSpareChecksum));
      replaced->bind(1, trial.content);
      if (replaced->executeStep()) seal.of(kSpareTable).remove(replaced->getColumn(0).getInt64());
    }
    insert(kInsertSpare, kSpareTable, trial);
  }

  std::optional<std::string> fact(const std::string& name) {
    const Use query(connection.statement("SELECT value FROM facts WHERE name = ?"));
    query->bind(1, name);
    if (!query->executeStep()) return std::nullopt;
    return query->getColumn(0).getString();
  }

  /// Stores a batch in one transaction. A trial that is refused by itself does not keep the others out.
  void store_all(std::vector<StoreQueue::Entry>& batch) {
    const auto failure = [this](const StoreQueue::Entry& entry, const std::string& cause) {
      return std::make_exception_ptr(LedgerError("ledger " + connection.name() + ": cannot store trial " +
                                                 std::to_string(entry.trial->id) + ": " + cause));
    };
    connection.locked([&] {
      try {
        transact([&] {
          for (auto& entry : batch) {
            try {
              insert(kInsertTrial, kTrialsTable, *entry.trial);
            } catch (const SQLite::Exception& error) {
              if (!refuses_one_row(error)) throw;
              entry.failure = failure(entry, failure_text(error));
            }
          }
        });
      } catch (const std::exception& error) {
        for (auto& entry : batch) {
          if (!entry.failure) entry.failure = failure(entry, error.what());
        }
      }
    });
  }

  LedgerConnection connection;
  LedgerSeal seal;
  GenerationBook book{connection, seal};
  RunClock clock;
  StoreQueue queue{[this](std::vector<StoreQueue::Entry>& batch) { store_all(batch); }};  ///< ends first
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

void Ledger::store(const LedgerTrial& trial, Stored stored) { implementation_->queue.put({&trial, std::move(stored)}); }

void Ledger::store(const LedgerTrial& trial) {
  const auto done = std::make_shared<std::promise<void>>();
  store(trial, [done](const std::exception_ptr& failure) {
    if (failure) done->set_exception(failure);
    else done->set_value();
  });
  done->get_future().get();
}

void Ledger::wait_for_stores() { implementation_->queue.wait(); }

double Ledger::now() const { return implementation_->clock.now(); }

std::optional<LedgerTrial> Ledger::find(const TrialKey& key) const {
  return implementation_->connection.guarded("cannot read", [&] {
    const Use query(implementation_->connection.statement(kFind));
    bind_key(*query, key);
    return find_one(*query);
  });
}

std::optional<std::int64_t> Ledger::id_of(const TrialKey& key) const {
  return implementation_->connection.guarded("cannot read", [&]() -> std::optional<std::int64_t> {
    const Use query(implementation_->connection.statement(kFindId));
    bind_key(*query, key);
    if (!query->executeStep()) return std::nullopt;
    return query->getColumn(0).getInt64();
  });
}

std::vector<LedgerTrial> Ledger::trials() const {
  return implementation_->connection.guarded("cannot read", [&] {
    const Use query(implementation_->connection.statement("SELECT " + kColumns + " FROM trials ORDER BY id"));
    std::vector<LedgerTrial> trials;
    while (query->executeStep()) trials.push_back(read_trial(*query));
    return trials;
  });
}

void Ledger::note_proposals(std::int64_t generation, std::int64_t first, const std::vector<std::int64_t>& ids) {
  auto& all = *implementation_;
  all.connection.locked([&] { all.book.note(generation, first, ids, all.clock.now()); });
}

void Ledger::finish_generation(std::int64_t generation) {
  auto& all = *implementation_;
  all.connection.guarded("cannot finish generation " + std::to_string(generation), [&] {
    if (all.book.is_finished(generation)) return;
    const auto now = all.clock.now();
    all.book.note(generation, 0, {}, now);
    all.transact([&] { all.book.finish(generation, now); });
  });
}

std::vector<LedgerGeneration> Ledger::generations() const {
  return implementation_->connection.guarded("cannot read", [&] { return implementation_->book.generations(); });
}

void Ledger::keep_score(const ScoreMeaning& meaning) {
  auto& all = *implementation_;
  all.connection.guarded("cannot keep what its scores are", [&] {
    if (all.fact(kScoreFact)) return;
    all.transact([&] {
      const Use insert(all.connection.statement("INSERT INTO facts (name, value) VALUES (?, ?)"));
      insert->bind(1, kScoreFact);
      insert->bind(2, to_text(meaning));
      insert->exec();
      all.seal.of(kFactsTable).add(fact_checksum(kScoreFact, to_text(meaning)));
    });
  });
}

std::optional<ScoreMeaning> Ledger::score() const {
  auto& all = *implementation_;
  return all.connection.guarded("cannot read", [&]() -> std::optional<ScoreMeaning> {
    const auto text = all.fact(kScoreFact);
    return text ? score_meaning_from_text(*text) : std::nullopt;
  });
}

void Ledger::add_spare(const std::vector<LedgerTrial>& trials) {
  auto& all = *implementation_;
  all.connection.guarded("cannot store spare trials", [&] {
    all.transact([&] {
      for (const auto& trial : trials) {
        if (!trial.content.empty()) all.insert_spare(trial);
      }
    });
  });
}

std::optional<LedgerTrial> Ledger::find_spare(const std::string& content) const {
  return implementation_->connection.guarded("cannot read", [&] {
    const Use query(implementation_->connection.statement(kFindSpare));
    query->bind(1, content);
    return find_one(*query);
  });
}

void Ledger::set_finals_aside(const std::function<std::string(const LedgerTrial&)>& content_of) {
  auto finals = trials();
  std::erase_if(finals, [](const LedgerTrial& trial) { return trial.generation >= 0; });
  auto& all = *implementation_;
  all.connection.guarded("cannot set the final tests aside", [&] {
    all.transact([&] {
      for (auto& trial : finals) {
        if (trial.content.empty()) trial.content = content_of(trial);
        all.insert_spare(trial);
      }
      all.connection.execute("DELETE FROM trials WHERE generation < 0");
      all.seal.count_again(all.connection.database(), kTrialsTable);
      all.book.forget(kFinalTests);
    });
  });
}

}  // namespace evobrnn
