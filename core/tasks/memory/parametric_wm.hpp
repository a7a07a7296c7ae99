// SPDX-License-Identifier: Apache-2.0
/// Parametric working memory: was the first of two vibrations, separated by a delay, the faster one? (Romo, Brody,
/// Hernández & Lemus, 1999, Nature 399: 470; pairs of frequencies and inputs as Barak, Tsodyks & Romo, 2010, J Neurosci
/// 30: 9424, and Song, Yang & Wang, 2016.) Two inputs, one rising and one falling with the frequency, both from 0.2
/// to 1. Classes: 0 hold, 1 the first was faster, 2 the second; fixation and decision count, the decision is scored.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_parametric_wm(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
