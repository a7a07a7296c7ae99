// SPDX-License-Identifier: Apache-2.0
/// Context-dependent integration: a context says whether motion or colour decides, and the noisy evidence of that one
/// has to be integrated while the other is ignored (Mante, Sussillo, Shenoy & Newsome, 2013, Nature 503: 78; inputs and
/// coherences as Song, Yang & Wang, 2016). Inputs: two contexts, motion left and right, colour left and right, at
/// (1 ± 5c/100)/2 for a coherence c of 1, 3 or 10 %, with noise. Classes: 0 hold, 1 left, 2 right; fixation and
/// decision count, the decision is scored.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_context_integration(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
