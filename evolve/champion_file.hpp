// SPDX-License-Identifier: Apache-2.0
/// RUN/champion.json: genome, score, seed and trial of the champion of a search that has no weights to keep.
#pragma once

#include <filesystem>

#include "evolve/ledger.hpp"

namespace evobrnn {

/// Writes it, the score as `score` tells it, and returns where it is. Throws StorageError.
std::filesystem::path store_champion(const std::filesystem::path& folder, const LedgerTrial& champion,
                                     const ScoreMeaning& score);

}  // namespace evobrnn
