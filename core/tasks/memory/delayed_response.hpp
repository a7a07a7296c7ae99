// SPDX-License-Identifier: Apache-2.0
/// Memory-guided (oculomotor) delayed response: a place on a circle is shown, and has to be answered after a delay,
/// when the fixation input goes off (Funahashi, Bruce & Goldman-Rakic, 1989, J Neurophysiol 61: 331). Inputs: a ring of
/// tuned units, and fixation. Classes: 0 fixation, then one a place; all steps count, the response is scored.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_delayed_response(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
