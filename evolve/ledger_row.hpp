// SPDX-License-Identifier: Apache-2.0
/// One row of a ledger, for those who read it.
#pragma once

#include "evolve/ledger.hpp"

namespace SQLite {
class Statement;
}

namespace evobrnn {

/// What is to be selected for read_row().
const char* ledger_columns();

/// The row that `query` stands on, its columns those of ledger_columns(). Throws std::exception where it is damaged.
LedgerTrial read_row(SQLite::Statement& query);

}  // namespace evobrnn
