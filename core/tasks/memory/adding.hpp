// SPDX-License-Identifier: Apache-2.0
/// The adding problem: of a stream of numbers in [0, 1) two are marked, one in each half, and their sum is asked for at
/// the end (Hochreiter & Schmidhuber, 1997, Neural Comput 9: 1735; markers and length as Arjovsky, Shah & Bengio, 2016,
/// ICML). Mean squared error; the constant answer 1 has an error of 1/6.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_adding(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
