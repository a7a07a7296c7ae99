// SPDX-License-Identifier: Apache-2.0
/// What a comparison says at its end: on the terminal, and as files in its folder.
#pragma once

#include <filesystem>
#include <vector>

#include "apps/comparison_file.hpp"
#include "evolve/comparison/arm_record.hpp"
#include "view/views.hpp"

namespace evobrnn {

/// Computes the statistics, writes comparison.json, CSVs, comparison.md and comparison.html, and prints the result.
/// Returns the exit code: a failure where no arm has a score.
int report_comparison(const ComparisonPlan& plan, const std::vector<ArmRecord>& records, ScoreKind score,
                      const std::filesystem::path& folder, ViewKind kind);

}  // namespace evobrnn
