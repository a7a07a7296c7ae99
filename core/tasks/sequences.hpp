// SPDX-License-Identifier: Apache-2.0
/// The user's own sequences, in any file of core/data/sequence_file.hpp.
///
/// It holds `x` [samples, steps, features], `y`, and where they are needed `lengths` [samples], whole numbers from 1 to
/// steps, and `mask` [samples, steps], the weight of each step in loss and score. Whole numbers in y are classes,
/// [samples] one a sequence or [samples, steps] one a step; real numbers are values, [samples] or [samples, outputs] at
/// the end or [samples, steps, outputs] at every step. docs/DATA.md shows how Python writes it.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

/// From task.file, and task.test_file; without one, the test part is drawn from task.file: task.test_samples, or a
/// fifth. Throws DataError: NaN in x, a length outside 1 … steps, a negative class, shapes that do not fit.
std::shared_ptr<const Task> make_sequences(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
