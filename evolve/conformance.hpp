// SPDX-License-Identifier: Apache-2.0
/// The conformance kit of evolve/: what must hold for every strategy, whoever wrote it, on analytic problems with
/// trials that go wrong. A test of your own strategy is
///
///     for (const auto& finding : conformance::check_strategy("mine")) std::cerr << to_text(finding) << '\n';
#pragma once

#include <string>
#include <vector>

#include "core/conformance_check.hpp"

namespace [[gnu::visibility("default")]] evobrnn {
namespace conformance {

/// Every property of a registered strategy, on a space of mixed genes and on one with conditions between them. Searches
/// run in a temporary folder. Throws std::out_of_range for an unknown name.
std::vector<Check> strategy_checks(const std::string& name);

/// What is wrong with a registered strategy; nothing where all holds.
std::vector<Finding> check_strategy(const std::string& name);

}  // namespace conformance
}  // namespace evobrnn
