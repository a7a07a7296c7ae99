// SPDX-License-Identifier: Apache-2.0
/// Ten digits drawn as strokes with random shape, shift, rotation, thickness and noise, 28×28: a task that needs no
/// data set.
#pragma once

#include "core/tasks/images.hpp"

namespace evobrnn {

/// `samples` digits. Sample i depends on `seed`, `stream` and i alone, so any number of samples starts with the same
/// ones.
ImageSet draw_digits(const TaskSettings& settings, std::uint64_t seed, std::uint64_t stream, std::int64_t samples);

std::shared_ptr<const Task> make_digits(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
