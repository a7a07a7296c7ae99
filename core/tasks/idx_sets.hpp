// SPDX-License-Identifier: Apache-2.0
/// MNIST, Fashion-MNIST and the user's own images: anything in four IDX files, gzip-compressed or not.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

std::shared_ptr<const Task> make_mnist(const TaskSettings& settings, DataStore& data);
std::shared_ptr<const Task> make_fashion_mnist(const TaskSettings& settings, DataStore& data);
std::shared_ptr<const Task> make_idx(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
