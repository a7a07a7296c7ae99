// SPDX-License-Identifier: Apache-2.0
/// Why a search has no champion.
#pragma once

#include <string>
#include <vector>

#include "evolve/ledger.hpp"

namespace evobrnn {

/// "all 28 trials failed: 26 crashed, 2 timeout. The commonest cause, of 20: exception: no such file". Causes that
/// differ in their numbers alone count as one, told as it came first. Of the trials that failed; empty: none did.
std::string failure_summary(const std::vector<LedgerTrial>& trials);

}  // namespace evobrnn
