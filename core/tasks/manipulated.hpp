// SPDX-License-Identifier: Apache-2.0
/// Manipulations of any task's sequences, in training, in testing (validation and test), or both: noise on the input,
/// cropping, feeding only the first part of the input, blank steps between inputs and before the read-out, a reset of
/// the network's state. They act in that order.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

/// The settings with every manipulation off.
TaskSettings without_manipulations(TaskSettings settings);

/// The task itself where the settings ask for nothing. Throws DataError where a manipulation does not fit the task.
std::shared_ptr<const Task> manipulated(std::shared_ptr<const Task> task, const TaskSettings& settings);

}  // namespace evobrnn
