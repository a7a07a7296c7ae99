// SPDX-License-Identifier: Apache-2.0
/// A comparison as JSON: comparison.json, and what its page draws.
#pragma once

#include <string>

#include "evolve/comparison/comparison.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Every number of the comparison, raw ones too; docs/COMPARISONS.md names the fields. null: not there because it would
/// mean nothing. Times are the only fields that differ between two runs of the same comparison.
std::string to_json(const Comparison& comparison, const std::string& name);

}  // namespace evobrnn
