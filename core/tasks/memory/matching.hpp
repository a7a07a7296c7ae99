// SPDX-License-Identifier: Apache-2.0
/// Delayed matching: is the test the same as the sample that was shown before the delay? Directions are shown to a ring
/// of tuned input units. Three classes: 0 fixation, 1 non-match, 2 match; the score counts the answers during tests.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

/// Delayed match to sample: fixation, sample, delay, test; half of the trials match (Masse et al., 2019, Nat Neurosci
/// 22: 1159).
std::shared_ptr<const Task> make_dms(const TaskSettings& settings, DataStore& data);

/// Delayed match to category: a test matches when it lies in the same half of the circle; it is never the sample
/// itself, so that identity does not help (Freedman & Assad, 2006, Nature 443: 85; Masse et al., 2019).
std::shared_ptr<const Task> make_dmc(const TaskSettings& settings, DataStore& data);

/// A-B-B-A: up to task.tests tests, each after a delay and as long as it, until one matches; distractors repeat with
/// task.repeat_probability, so that a repetition alone is no match (Miller, Erickson & Desimone, 1996, J Neurosci 16:
/// 5154; Masse et al., 2019). What follows the match is not counted.
std::shared_ptr<const Task> make_abba(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
