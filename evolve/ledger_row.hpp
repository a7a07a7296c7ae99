// SPDX-License-Identifier: Apache-2.0
/// A trial as a row of the ledger, and back, every double with its bits and every row with a checksum: SQLite notices a
/// page that is out of shape, not a digit that changed.
#pragma once

#include <SQLiteCpp/Statement.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evolve/ledger.hpp"

namespace evobrnn {

/// The columns of a trial, in the order of bind_trial() and read_trial().
inline constexpr const char* kTrialColumns =
    "id, generation, role, genome, fidelity, repeat, seed, parents, status, cause, score, steps, samples, flops, "
    "wall_seconds, cpu_seconds, peak_bytes, metrics, curve, worker, started, content, origin, checksum";
inline constexpr int kTrialColumnCount = 24;

/// Gives the row's checksum.
std::int64_t bind_trial(SQLite::Statement& insert, const LedgerTrial& trial);
/// The row that `query` stands on. Throws LedgerError where its checksum is missing or does not fit.
LedgerTrial read_trial(SQLite::Statement& query);
/// What the checksum of the row that `query` stands on has to be.
std::int64_t checksum_of(SQLite::Statement& query);

/// JSON has no NaN and no infinity: they are the texts "nan", "inf", "-inf".
nlohmann::json encode(double number);
nlohmann::json encode(const CurvePoint& point);

}  // namespace evobrnn
