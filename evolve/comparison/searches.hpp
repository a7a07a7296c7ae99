// SPDX-License-Identifier: Apache-2.0
/// A comparison of searches of any objective: which strategy, space or setting of the search finds the better genome?
/// (Networks have `evobrnn compare`, which also makes their budgets equal.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "evolve/comparison/comparison.hpp"
#include "evolve/evolution.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// One way of searching.
struct SearchArm {
  std::string name;  ///< of its folder too: letters, digits, _ and -
  std::string doc;   ///< what it is, in a sentence
  SearchPlan plan;   ///< seed and final seeds are set by the comparison; final_seeds of at least 1
};

/// Runs each arm `settings.repeats` times, in `folder`/NAME/REPEAT by evolve(), so that it goes on where it was
/// stopped, and judges the final tests of their champions, pair by pair: arms share the seeds of a repetition. A final
/// test scores its metric "test_score", where the objective gives one, else its score. Costs are FLOPs, where results
/// tell them, else evaluations: arms whose costs differ are warned of.
///
/// `seed`: of the repetitions and of resampling. Nothing where options.stop ended it. Throws as evolve() does, and
/// SettingsError for fewer than two arms, a name that is no name or is there twice, and settings out of range.
std::optional<Comparison> compare_searches(const std::vector<SearchArm>& arms, const ComparisonSettings& settings,
                                           ScoreKind score, std::uint64_t seed, const std::filesystem::path& folder,
                                           const EvolutionOptions& options = {});

}  // namespace evobrnn
