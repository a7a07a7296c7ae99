// SPDX-License-Identifier: Apache-2.0
/// Reads a ledger whole: every row by its checksum, every table by its seal.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string>
#include <vector>

#include "evolve/ledger.hpp"

namespace evobrnn {

/// What is damaged, a line each; empty: nothing. All is looked at as it is at one moment, beside a writer too. `trials`
/// gets those that are whole, in order of id. Throws SQLite::Exception where the machine fails, not the file.
std::vector<std::string> read_ledger(SQLite::Database& database, std::vector<LedgerTrial>* trials = nullptr);

/// Throws LedgerError that names the first of what is damaged.
void require_whole(SQLite::Database& database);
[[noreturn]] void throw_damage(const std::vector<std::string>& damage);

}  // namespace evobrnn
