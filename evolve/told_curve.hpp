// SPDX-License-Identifier: Apache-2.0
/// The learning curve of trials whose objective tells progress and makes no curve of its own.
#pragma once

#include "evolve/search.hpp"

namespace evobrnn {

/// The objective, whose results get as their curve the progress that it told: step and loss (as train_loss) of each
/// call, the validation's columns NaN. Of many calls, evenly spaced ones and the last: a thousand at most. A result
/// that has a curve keeps it.
Objective with_told_curve(Objective objective);

/// Whether a point is of such a curve. When and how often an objective tells progress may depend on the clock, so that
/// these are no part of a result that must come out again.
bool was_told(const CurvePoint& point);

}  // namespace evobrnn
