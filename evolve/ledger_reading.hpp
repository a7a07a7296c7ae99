// SPDX-License-Identifier: Apache-2.0
/// Opens a ledger's database for those who only read.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <memory>
#include <string>

namespace evobrnn {

inline constexpr int kBusyMilliseconds = 10'000;

/// The file's path without links above it, for SQLite::OPEN_NOFOLLOW. Throws LedgerError where the file itself is a
/// link: SQLite would write to what it points to, and beside it.
std::string own_path(const std::filesystem::path& file);

/// Beside a writer or on a read-only disk; an older schema as a copy in memory that is brought up to date. Throws
/// LedgerError: not a ledger, a newer one, empty; SQLite::Exception.
std::unique_ptr<SQLite::Database> open_ledger_to_read(const std::string& file);

}  // namespace evobrnn
