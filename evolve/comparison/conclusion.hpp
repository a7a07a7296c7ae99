// SPDX-License-Identifier: Apache-2.0
/// The result of a comparison in plain English.
#pragma once

#include <string>

#include "evolve/comparison/comparison.hpp"

namespace evobrnn {

/// Fills in conclusion and warnings.
void conclude(Comparison& comparison);

/// "1.8 points", of an accuracy; "0.0123", of an error.
std::string difference_text(ScoreKind score, double difference);
/// "[0.9, 2.6]" in the same unit.
std::string interval_text(ScoreKind score, const Interval& interval);
/// "p = 0.004", "p < 0.001".
std::string p_text(double p);

}  // namespace evobrnn
