// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_failure.hpp"

#include <sqlite3.h>

namespace evobrnn {
namespace {

/// What the disk was asked for when it failed.
std::string failed_operation(int extended) {
  switch (extended) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
      return "reading";
    case SQLITE_IOERR_WRITE:
      return "writing";
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return "making writes durable (fsync)";
    case SQLITE_IOERR_TRUNCATE:
      return "shortening a file";
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_RDLOCK:
      return "locking";
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMMAP:
    case SQLITE_IOERR_SHMLOCK:
      return "sharing memory between processes";
    default:
      return "an operation on the file";
  }
}

std::string cause(int code, int extended) {
  switch (code) {
    case SQLITE_FULL:
      return "the disk is full";
    case SQLITE_IOERR:
      return "the disk failed at " + failed_operation(extended);
    case SQLITE_READONLY:
      return extended == SQLITE_READONLY_DBMOVED ? "the file was removed or replaced"
                                                 : "the file, its folder or its disk is read-only";
    case SQLITE_CORRUPT:
      return "the file is damaged, and was left as it is";
    case SQLITE_NOTADB:
      return "not a ledger, or damaged at its beginning; it was left as it is";
    case SQLITE_CANTOPEN:
      return "cannot be opened: it is not there, or there is no permission";
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "no permission";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process holds the file, or its file system has no locks";
    case SQLITE_NOMEM:
      return "out of memory";
    case SQLITE_TOOBIG:
      return "a value is too large to be stored";
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_ROWID ||
                     extended == SQLITE_CONSTRAINT_UNIQUE
                 ? "a trial with this id or key is stored already"
                 : "refused by a rule of the ledger";
    default:
      return "";
  }
}

}  // namespace

std::string failure_text(const SQLite::Exception& error) {
  const auto text = cause(error.getErrorCode() & 0xff, error.getExtendedErrorCode());
  return text.empty() ? error.what() : text + " (SQLite: " + error.what() + ")";
}

bool refuses_one_row(const SQLite::Exception& error) { return (error.getErrorCode() & 0xff) == SQLITE_CONSTRAINT; }

}  // namespace evobrnn
