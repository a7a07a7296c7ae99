// SPDX-License-Identifier: Apache-2.0
/// What must hold for every strategy.
#pragma once

#include <string>
#include <vector>

#include "core/conformance_check.hpp"
#include "evolve/conformance/problem.hpp"

namespace evobrnn::conformance {

struct StrategyProperty {
  std::string name;
  void (*look)(const std::string& strategy, const Problem& problem, Findings& findings);
};

/// What a strategy proposes, asked directly.
const std::vector<StrategyProperty>& proposal_properties();
/// What whole searches with it leave in their ledgers.
const std::vector<StrategyProperty>& search_properties();

}  // namespace evobrnn::conformance
