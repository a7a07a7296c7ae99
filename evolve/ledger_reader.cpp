// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_reader.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "evolve/ledger_check.hpp"
#include "evolve/ledger_failure.hpp"
#include "evolve/ledger_reading.hpp"
#include "evolve/ledger_seal.hpp"

namespace evobrnn {

struct LedgerReader::Implementation {
  explicit Implementation(const std::filesystem::path& file)
      : name(file.string()), opened(open_ledger_to_read(name)), database(*opened) {}

  /// Runs `action`, every failure as a LedgerError that names the file.
  template <class Action>
  auto guarded(Action action) {
    try {
      return action();
    } catch (const SQLite::Exception& error) {
      throw LedgerError("ledger " + name + ": cannot read: " + failure_text(error));
    } catch (const std::exception& error) {
      throw LedgerError("ledger " + name + ": cannot read: " + error.what());
    }
  }

  std::string name;
  std::unique_ptr<SQLite::Database> opened;
  SQLite::Database& database;
};

LedgerReader::LedgerReader(const std::filesystem::path& file) {
  try {
    implementation_ = std::make_unique<Implementation>(file);
  } catch (const SQLite::Exception& error) {
    throw LedgerError("ledger " + file.string() + ": " + failure_text(error));
  } catch (const std::exception& error) {
    throw LedgerError("ledger " + file.string() + ": " + error.what());
  }
}

LedgerReader::~LedgerReader() = default;

std::vector<LedgerTrial> LedgerReader::trials(std::vector<std::string>* damaged) const {
  return implementation_->guarded([&] {
    std::vector<LedgerTrial> trials;
    const auto damage = read_ledger(implementation_->database, &trials);
    if (!damage.empty() && !damaged) throw_damage(damage);
    if (damaged) damaged->insert(damaged->end(), damage.begin(), damage.end());
    return trials;
  });
}

std::optional<ScoreMeaning> LedgerReader::score() const {
  return implementation_->guarded([&]() -> std::optional<ScoreMeaning> {
    SQLite::Statement query(implementation_->database, "SELECT value FROM facts WHERE name = ?");
    query.bind(1, kScoreFact);
    return query.executeStep() ? score_meaning_from_text(query.getColumn(0).getString()) : std::nullopt;
  });
}

std::vector<std::string> LedgerReader::damage() const {
  return implementation_->guarded([&] {
    SQLite::Statement query(implementation_->database, "PRAGMA integrity_check");
    std::vector<std::string> lines;
    while (query.executeStep()) lines.push_back(query.getColumn(0).getString());
    if (lines == std::vector<std::string>{"ok"}) lines.clear();
    return lines;
  });
}

std::int64_t LedgerReader::version() const {
  return implementation_->guarded(
      [&] { return implementation_->database.execAndGet("PRAGMA data_version").getInt64(); });
}

}  // namespace evobrnn
