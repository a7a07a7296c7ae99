// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_reading.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <filesystem>

#include "evolve/ledger.hpp"
#include "evolve/ledger_schema.hpp"

namespace evobrnn {
namespace {

/// A path in a URI.
std::string escaped(const std::string& path) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : path) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string("/-_.~").find(c) != std::string::npos) text += c;
    else (text += '%') += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[static_cast<unsigned char>(c) & 15]};
  }
  return text;
}

}  // namespace

std::string own_path(const std::filesystem::path& file) {
  std::error_code none;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(file, none)))
    throw LedgerError("is a link, and must be a file of its run's folder");
  const auto folder = std::filesystem::canonical(file.has_parent_path() ? file.parent_path() : ".", none);
  return none ? file.string() : (folder / file.filename()).string();
}

std::unique_ptr<SQLite::Database> open_ledger_to_read(const std::string& name) {
  const auto file = own_path(name);
  auto database =
      std::make_unique<SQLite::Database>(file, SQLite::OPEN_READONLY | SQLite::OPEN_NOFOLLOW, kBusyMilliseconds);
  int version = 0;
  try {
    version = ledger_version(*database);
  } catch (const SQLite::Exception& error) {
    // SQLite wants to make files beside the one it reads. Where it cannot, on a read-only disk, nobody writes either,
    // and a ledger without a journal is complete as it lies there.
    std::error_code none;
    const auto journal = std::filesystem::file_size(file + "-wal", none);
    if (error.getErrorCode() != SQLITE_CANTOPEN || (!none && journal > 0)) throw;
    database = std::make_unique<SQLite::Database>("file:" + escaped(file) + "?immutable=1",
                                                  SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    version = ledger_version(*database);
  }
  if (version == kSchemaVersion) return database;
  if (version == 0) throw LedgerError("holds nothing yet");
  auto copy = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup(*copy, *database).executeStep();
  bring_up_to_date(*copy, version);
  return copy;
}

}  // namespace evobrnn
