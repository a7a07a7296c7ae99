// SPDX-License-Identifier: Apache-2.0
/// Opens a ledger's database for those who only read.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <memory>
#include <string>

namespace evobrnn {

/// Of a run under way: where another process has locked the file it waits, a minute, with a notice after a second.
void wait_while_locked(SQLite::Database& database);

/// The file's path without links above it, for SQLite::OPEN_NOFOLLOW. Throws LedgerError where the file itself is a
/// link: SQLite would write to what it points to, and beside it.
std::string own_path(const std::filesystem::path& file);

/// Beside a writer, on a read-only disk or in a folder that this user may not write to; an older schema as a copy in
/// memory that is brought up to date. Throws LedgerError: not a ledger, a newer one, empty; SQLite::Exception.
std::unique_ptr<SQLite::Database> open_ledger_to_read(const std::string& file);

}  // namespace evobrnn
