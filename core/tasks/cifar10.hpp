// SPDX-License-Identifier: Apache-2.0
/// CIFAR-10 from its published binary files: ten kinds of things in 32×32 pixels of three colours.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_cifar10(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
