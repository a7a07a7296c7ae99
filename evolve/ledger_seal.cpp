// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_seal.hpp"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <functional>
#include <limits>

#include "evolve/row_checksum.hpp"

namespace evobrnn {
namespace {

/// Sums of near checksums are far from each other.
std::uint64_t mixed(std::int64_t checksum) { return spread(std::bit_cast<std::uint64_t>(checksum)); }

double real(const SQLite::Column& cell) {
  return cell.isNull() ? std::numeric_limits<double>::quiet_NaN() : cell.getDouble();
}

struct SealedTable {
  std::string rows;  ///< what its rows are called
  std::string query;
  std::function<std::int64_t(SQLite::Statement&)> checksum;
};

const std::map<std::string, SealedTable>& sealed_tables() {
  const auto stored = [](SQLite::Statement& row) { return row.getColumn(0).getInt64(); };
  static const std::map<std::string, SealedTable> tables{
      {kTrialsTable, {"trials", "SELECT checksum FROM trials", stored}},
      {kSpareTable, {"spare trials", "SELECT checksum FROM spare_trials", stored}},
      {kGenerationsTable,
       {"generations", "SELECT generation, started, finished FROM generations",
        [](SQLite::Statement& row) {
          return generation_checksum(row.getColumn(0).getInt64(), real(row.getColumn(1)), real(row.getColumn(2)));
        }}},
      {kProposalsTable,
       {"proposals", "SELECT generation, position, trial FROM proposals",
        [](SQLite::Statement& row) {
          return proposal_checksum(row.getColumn(0).getInt64(), row.getColumn(1).getInt64(),
                                   row.getColumn(2).getInt64());
        }}},
      {kFactsTable, {"facts", "SELECT name, value FROM facts", [](SQLite::Statement& row) {
                       return fact_checksum(row.getColumn(0).getString(), row.getColumn(1).getString());
                     }}}};
  return tables;
}

/// The ids that finished generations propose and no trial has.
std::vector<std::int64_t> missing_trials(SQLite::Database& database) {
  SQLite::Statement query(
      database,
      "SELECT DISTINCT trial FROM proposals JOIN generations USING (generation) WHERE finished IS NOT "
      "NULL AND trial NOT IN (SELECT id FROM trials) ORDER BY trial");
  std::vector<std::int64_t> ids;
  while (query.executeStep()) ids.push_back(query.getColumn(0).getInt64());
  return ids;
}

std::string listed(const std::vector<std::int64_t>& ids) {
  constexpr std::size_t kMost = 10;
  if (ids.empty()) return "";
  const auto shown = std::vector(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, ids.size())));
  return fmt::format(": no trial {}{}", fmt::join(shown, ", "), ids.size() > kMost ? ", …" : "");
}

}  // namespace

void TableSum::add(std::int64_t checksum) {
  ++rows;
  digest += mixed(checksum);
}

void TableSum::remove(std::int64_t checksum) {
  --rows;
  digest -= mixed(checksum);
}

std::int64_t generation_checksum(std::int64_t generation, double started, double finished) {
  return row_checksum(generation, started, finished);
}

std::int64_t proposal_checksum(std::int64_t generation, std::int64_t position, std::int64_t trial) {
  return row_checksum(generation, position, trial);
}

std::int64_t fact_checksum(const std::string& name, const std::string& value) { return row_checksum(name, value); }

TableSum sum_of(SQLite::Database& database, const std::string& table) {
  const auto& sealed = sealed_tables().at(table);
  SQLite::Statement rows(database, sealed.query);
  TableSum sum;
  while (rows.executeStep()) sum.add(sealed.checksum(rows));
  return sum;
}

void LedgerSeal::read(SQLite::Database& database) {
  sums_.clear();
  SQLite::Statement rows(database, "SELECT name, rows, digest FROM seal");
  while (rows.executeStep())
    sums_[rows.getColumn(0).getString()] = {rows.getColumn(1).getInt64(),
                                            std::bit_cast<std::uint64_t>(rows.getColumn(2).getInt64())};
  stored_ = sums_;
}

void LedgerSeal::count_again(SQLite::Database& database, const std::string& table) {
  sums_[table] = sum_of(database, table);
}

void LedgerSeal::count_all_again(SQLite::Database& database) {
  for (const auto& [table, sealed] : sealed_tables()) count_again(database, table);
}

void LedgerSeal::write(SQLite::Database& database) {
  for (const auto& [table, sum] : sums_) {
    const auto before = stored_.find(table);
    if (before != stored_.end() && before->second == sum) continue;
    SQLite::Statement insert(database, "INSERT OR REPLACE INTO seal (name, rows, digest) VALUES (?, ?, ?)");
    insert.bind(1, table);
    insert.bind(2, sum.rows);
    insert.bind(3, std::bit_cast<std::int64_t>(sum.digest));
    insert.exec();
  }
  stored_ = sums_;
}

std::vector<std::string> LedgerSeal::damage(SQLite::Database& database) const {
  std::vector<std::string> lines;
  for (const auto& [table, sealed] : sealed_tables()) {
    const auto found = sums_.find(table);
    if (found == sums_.end()) {
      lines.push_back(fmt::format("what seals its {} is missing", sealed.rows));
      continue;
    }
    const auto& sum = found->second;
    const auto now = sum_of(database, table);
    if (now == sum) continue;
    const auto ids = table == kTrialsTable ? missing_trials(database) : std::vector<std::int64_t>();
    if (now.rows != sum.rows)
      lines.push_back(
          fmt::format("{} {} were stored, and {} are there{}", sum.rows, sealed.rows, now.rows, listed(ids)));
    else lines.push_back(fmt::format("its {} are not those that were stored{}", sealed.rows, listed(ids)));
  }
  for (const auto& [table, sum] : sums_) {
    if (!sealed_tables().count(table)) lines.push_back("a seal of no table: " + table);
  }
  return lines;
}

}  // namespace evobrnn
