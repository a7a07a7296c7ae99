// SPDX-License-Identifier: Apache-2.0
/// What a plan says of a candidate before it is trained. Whatever goes wrong in saying so is the candidate's status,
/// and never the end of the search.
#pragma once

#include <optional>

#include "evolve/search.hpp"

namespace evobrnn {

/// Expected FLOPs; 1 for a plan that does not count. Where the plan's function throws, or gives no number from 0 on, it
/// is 0, and `refusal` becomes how the trial has ended.
double expected_cost(const SearchPlan& plan, const Candidate& candidate, std::optional<TrialResult>& refusal);
/// The same where nothing is to be trained yet.
double expected_cost(const SearchPlan& plan, const Candidate& candidate);

/// Expected memory; 0 for a plan that does not know. A refusal as above.
std::int64_t expected_bytes(const SearchPlan& plan, const Candidate& candidate, std::optional<TrialResult>& refusal);

/// The content key; empty for a plan that has none. A refusal as above.
std::string content_key(const SearchPlan& plan, const Candidate& candidate, std::optional<TrialResult>& refusal);

}  // namespace evobrnn
