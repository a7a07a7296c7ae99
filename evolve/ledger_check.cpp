// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_check.hpp"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <optional>

#include "evolve/ledger_failure.hpp"
#include "evolve/ledger_row.hpp"
#include "evolve/ledger_seal.hpp"

namespace evobrnn {
namespace {

/// Whether the failure says something of the file.
bool tells_damage(const SQLite::Exception& error) {
  const auto code = error.getErrorCode() & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_MISMATCH;
}

class LedgerReading {
 public:
  explicit LedgerReading(SQLite::Database& database) : database_(database) {}

  std::vector<std::string> read(std::vector<LedgerTrial>* trials) {
    std::optional<SQLite::Transaction> moment;  // one that is open already is the moment
    if (sqlite3_get_autocommit(database_.getHandle()) != 0) moment.emplace(database_);
    attempt("trials", [&] { read_rows("trials", "", trials); });
    attempt("spare trials", [&] { read_rows("spare_trials", "spare ", nullptr); });
    attempt("seal", [&] {
      LedgerSeal seal;
      seal.read(database_);
      const auto lines = seal.damage(database_);
      damage_.insert(damage_.end(), lines.begin(), lines.end());
    });
    return std::move(damage_);
  }

 private:
  template <class Action>
  void attempt(const std::string& what, Action action) {
    try {
      action();
    } catch (const SQLite::Exception& error) {
      if (!tells_damage(error)) throw;
      damage_.push_back("its " + what + " cannot be read to the end: " + failure_text(error));
    }
  }

  void read_rows(const std::string& table, const std::string& kind, std::vector<LedgerTrial>* trials) {
    SQLite::Statement query(database_, std::string("SELECT ") + kTrialColumns + " FROM " + table + " ORDER BY id");
    while (query.executeStep()) {
      try {
        auto trial = read_trial(query);
        if (trials) trials->push_back(std::move(trial));
      } catch (const SQLite::Exception&) {
        throw;
      } catch (const std::exception& error) {
        damage_.push_back(kind + error.what());
      }
    }
  }

  SQLite::Database& database_;
  std::vector<std::string> damage_;
};

}  // namespace

std::vector<std::string> read_ledger(SQLite::Database& database, std::vector<LedgerTrial>* trials) {
  return LedgerReading(database).read(trials);
}

void require_whole(SQLite::Database& database) {
  if (const auto damage = read_ledger(database); !damage.empty()) throw_damage(damage);
}

void throw_damage(const std::vector<std::string>& damage) {
  constexpr std::size_t kMost = 5;
  const auto shown =
      std::vector(damage.begin(), damage.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, damage.size())));
  const auto more = damage.size() > kMost ? fmt::format("; and {} more", damage.size() - kMost) : std::string();
  throw LedgerError(fmt::format("the file is damaged, and was left as it is: {}{}", fmt::join(shown, "; "), more));
}

}  // namespace evobrnn
