// SPDX-License-Identifier: Apache-2.0
/// Runs what a comparison needs: every repetition of every arm, each an ordinary run in a folder of its own.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/comparison_file.hpp"
#include "apps/comparison_view.hpp"
#include "apps/network_search.hpp"
#include "evolve/comparison/arm_record.hpp"
#include "evolve/comparison/comparison_settings.hpp"

namespace evobrnn {

inline constexpr const char* kComparisonFile = "comparison.toml";
inline constexpr const char* kArmsFolder = "arms";

/// COMPARISON/arms/ARM/03: the third repetition.
std::filesystem::path repeat_folder(const std::filesystem::path& comparison, const std::string& arm,
                                    std::int64_t repeat);

/// Runs, resumes or replays all of them, one pool of workers over all. Returns whether all are done; not so where a
/// signal or a limit of [run] stopped them. Throws StorageError where the disk gives way.
bool run_comparison(const ComparisonPlan& plan, const std::filesystem::path& folder, Workplace& workplace,
                    ComparisonView& view);

/// The mean of a metric over the trials that went well and have it; nothing where none does.
std::optional<double> mean_metric(const std::vector<LedgerTrial>& trials, const std::string& metric);

/// What the folders hold of the arms, for the statistics. Throws LedgerError.
std::vector<ArmRecord> read_records(const ComparisonPlan& plan, const std::filesystem::path& folder);

}  // namespace evobrnn
