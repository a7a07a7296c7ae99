// SPDX-License-Identifier: Apache-2.0
/// n-bit flip-flop: every channel gets pulses of ±1, and its output has to hold the sign of the last one (Sussillo &
/// Barak, 2013, Neural Comput 25: 626; the first step has a pulse in every channel, as Golub & Sussillo, 2018, JOSS 3:
/// 1003). Mean squared error over all steps; an answer of 0 has an error of 1.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_flip_flop(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
