// SPDX-License-Identifier: Apache-2.0
/// What ledgers say of one repetition of an arm, whatever its objective is.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "evolve/comparison/arm_record.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {

Spending spending_of(const LedgerTrial& trial);

/// Of a final test that went well: its metric test_score, or its score where it has none.
double test_score(const TrialResult& result);

/// The genes of a genome's text that are numbers.
std::map<std::string, double> numbers_of(const std::string& genome);

/// A seed of the settings' range, which is that of positive 64-bit integers; for all arms of a repetition the same, so
/// that pairs share what chance they can share.
std::int64_t repeat_seed(std::uint64_t seed, const std::string& purpose, std::int64_t repeat);

}  // namespace evobrnn
