// SPDX-License-Identifier: Apache-2.0
/// What each table of a ledger held when it was last written: how many rows, and a sum over their checksums. A checksum
/// within a row tells that it changed; the seal, written in the same transaction, tells that a row is gone, is there
/// twice, or stands in another one's place. The sum does not depend on the order of writing, which differs between
/// runs.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace evobrnn {

/// Order does not matter, number does.
struct TableSum {
  std::int64_t rows = 0;
  std::uint64_t digest = 0;
  void add(std::int64_t checksum);
  void remove(std::int64_t checksum);
  friend bool operator==(const TableSum&, const TableSum&) = default;
};

/// The sealed tables.
inline constexpr const char* kTrialsTable = "trials";
inline constexpr const char* kSpareTable = "spare_trials";
inline constexpr const char* kGenerationsTable = "generations";
inline constexpr const char* kProposalsTable = "proposals";
inline constexpr const char* kFactsTable = "facts";
/// The fact that says what scores are, as to_text(ScoreMeaning).
inline constexpr const char* kScoreFact = "score";

std::int64_t generation_checksum(std::int64_t generation, double started, double finished);  ///< NaN: not finished
std::int64_t proposal_checksum(std::int64_t generation, std::int64_t position, std::int64_t trial);
std::int64_t fact_checksum(const std::string& name, const std::string& value);

/// The sum over what the table holds now; of trials by the checksums that stand in their rows.
TableSum sum_of(SQLite::Database& database, const std::string& table);

class LedgerSeal {
 public:
  /// As it is stored.
  void read(SQLite::Database& database);
  TableSum& of(const std::string& table) { return sums_[table]; }
  /// Makes the table's sum that of what it holds now.
  void count_again(SQLite::Database& database, const std::string& table);
  void count_all_again(SQLite::Database& database);
  /// Inside of the transaction whose changes it seals.
  void write(SQLite::Database& database);
  /// What the tables hold and the seal does not say, or the other way round, a line for each table.
  std::vector<std::string> damage(SQLite::Database& database) const;

 private:
  std::map<std::string, TableSum> sums_, stored_;
};

}  // namespace evobrnn
