// SPDX-License-Identifier: Apache-2.0
/// What the arms of a comparison may spend, so that it is fair: training FLOPs, the search's included.
#pragma once

#include <string>
#include <vector>

#include "apps/comparison_file.hpp"

namespace evobrnn {

/// Adds to the arm's document what compare.flops means for it: the search's budget and that of the final trainings.
/// Passes over the training data become a number of samples, of which the final trainings are a multiple. Throws
/// SettingsError where the settings that this needs are wrong themselves.
void set_budget(const ComparisonPlan& plan, ArmPlan& arm, const ShapeOf& shape_of);

/// Fills in what one repetition of the arm will cost, at least and at most.
void predict_cost(const ComparisonPlan& plan, ArmPlan& arm, const TaskShape& shape);

/// Why the arms cannot have equal budgets within kEqualShare, where that is to be refused, and budgets that are too
/// small to train anything.
std::vector<Diagnostic> unequal_budgets(const ComparisonPlan& plan, const std::string& file);

}  // namespace evobrnn
