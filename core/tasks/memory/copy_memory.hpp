// SPDX-License-Identifier: Apache-2.0
/// Copy memory: task.recall symbols are shown, and have to be repeated in order after task.steps further steps, when a
/// delimiter says so (Hochreiter & Schmidhuber, 1997; as Arjovsky, Shah & Bengio, 2016, ICML). Inputs: one for every
/// symbol, blank, delimiter. Classes: 0 blank, then one a symbol; all steps count, the recall is scored. Without memory
/// the cross-entropy is recall · ln(alphabet) / (steps + 2 · recall).
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_copy_memory(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
