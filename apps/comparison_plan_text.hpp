// SPDX-License-Identifier: Apache-2.0
/// What a comparison is going to do, in words and numbers, before it starts.
#pragma once

#include "apps/comparison_file.hpp"

namespace evobrnn {

/// Arms, budgets, trainings; with `estimate` also the time, for which training steps of every arm are timed.
void print_plan(const ComparisonPlan& plan, DataStore& data, bool estimate);

}  // namespace evobrnn
