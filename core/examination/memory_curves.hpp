// SPDX-License-Identifier: Apache-2.0
/// Scores of a trained network on its test set as its sequences are changed: reset, cut, delayed, stretched, noisy.
#pragma once

#include "core/examination/subject.hpp"

namespace evobrnn {

/// The numbers "score", of the trained task as it is, "score.error" and "chance", and of how many samples.
void add_score(const Subject& subject, const ExaminationOptions& options, Examination& examination);

/// One figure a manipulation that the task allows: reset, input_fraction, crop, gap, input_noise, and blank_delay (one
/// target a sequence) or delay (a task with a delay of its own). The trained delay is among the delays. Fits the decay
/// from it on, where scores are accuracies.
void add_memory_curves(const Subject& subject, const ExaminationOptions& options, Examination& examination);

/// The delays looked at: 0, 1, 2, 3, 4, 6, 8, 12, … up to `longest`, which is the last.
std::vector<std::int64_t> delays_up_to(std::int64_t longest);
/// Ascending delays with one more, where it is not among them.
std::vector<std::int64_t> with_delay(std::vector<std::int64_t> delays, std::int64_t one);

}  // namespace evobrnn
