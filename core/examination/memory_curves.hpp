// SPDX-License-Identifier: Apache-2.0
/// Scores of a trained network on its test set as its sequences are changed: reset, cut, delayed, stretched, noisy.
#pragma once

#include "core/examination/subject.hpp"

namespace evobrnn {

/// One figure a manipulation that the task allows: reset, input_fraction, crop, gap, input_noise, and blank_delay (one
/// target a sequence) or delay (a task with a delay of its own). Fits the decay over delays, where scores are
/// accuracies.
void add_memory_curves(const Subject& subject, const ExaminationOptions& options, Examination& examination);

/// The delays looked at: 0, 1, 2, 3, 4, 6, 8, 12, … up to `longest`, which is the last.
std::vector<std::int64_t> delays_up_to(std::int64_t longest);

}  // namespace evobrnn
