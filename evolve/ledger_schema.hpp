// SPDX-License-Identifier: Apache-2.0
/// The tables of a ledger file, and how those of older versions become today's.
#pragma once

#include <SQLiteCpp/Database.h>

namespace evobrnn {

inline constexpr int kSchemaVersion = 3;

/// The schema's version, 0 for an empty file. Throws LedgerError where the file is no ledger or a newer one; reads
/// only.
int ledger_version(SQLite::Database& database);

/// Creates the tables, or migrates those of `version` step by step: all in one transaction. Throws LedgerError where an
/// older ledger is damaged.
void bring_up_to_date(SQLite::Database& database, int version);

/// Gives all that is there its checksums and its seal: what an older version did not have.
void seal_anew(SQLite::Database& database);

}  // namespace evobrnn
