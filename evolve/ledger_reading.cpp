// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_reading.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <poll.h>
#include <sqlite3.h>

#include <filesystem>

#include "evolve/ledger.hpp"
#include "evolve/ledger_schema.hpp"
#include "evolve/notice.hpp"
#include "evolve/temporary_folder.hpp"

namespace evobrnn {
namespace {

constexpr int kReadersPatience = 10'000;  // milliseconds

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

/// SQLite wants to make files beside the one it reads. Where it cannot, on a read-only disk or in the folder of another
/// user, a ledger without a journal is complete as it lies there; one with a journal is, in a copy.
std::unique_ptr<SQLite::Database> open_without_writing(const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code none;
  const auto journal = fs::file_size(file + "-wal", none);
  if (none || journal == 0)
    return std::make_unique<SQLite::Database>("file:" + escaped(file) + "?immutable=1",
                                              SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  const TemporaryFolder folder(fs::temp_directory_path(), "evobrnn-ledger");
  const auto copy = folder / "ledger.sqlite";
  fs::copy_file(file, copy);
  fs::copy_file(file + "-wal", copy.string() + "-wal");
  notice(file + ": its folder cannot be written to, and its journal is not empty: a copy of both is read");
  auto whole = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Database joined(copy.string(), SQLite::OPEN_READWRITE);
  SQLite::Backup(*whole, joined).executeStep();
  return whole;
}

/// SQLite asks after each look, `calls` times before, whether to take another one.
int look_again(void* handle, int calls) {
  constexpr int kPause = 50, kTell = 1000, kMost = 60'000;  // milliseconds
  if (calls == kTell / kPause) {
    const char* name = sqlite3_db_filename(static_cast<sqlite3*>(handle), "main");
    notice(std::string(name ? name : "the ledger") +
           " is locked by another process, as a backup or a viewer; waits for it, a minute at most");
  }
  ::poll(nullptr, 0, kPause);
  return calls < kMost / kPause ? 1 : 0;
}

}  // namespace

void wait_while_locked(SQLite::Database& database) {
  sqlite3_busy_handler(database.getHandle(), look_again, database.getHandle());
}

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
      std::make_unique<SQLite::Database>(file, SQLite::OPEN_READONLY | SQLite::OPEN_NOFOLLOW, kReadersPatience);
  int version = 0;
  try {
    version = ledger_version(*database);
  } catch (const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) throw;
    database = open_without_writing(file);
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
