// SPDX-License-Identifier: Apache-2.0
/// How much memory the process allocates, counted by standing in for malloc and free; under a sanitizer, by its hooks.
#pragma once

#include <cstddef>

namespace evobrnn::fuzzing {

/// From now on.
void start_metering();

/// The most that was held at one time beyond what there was at the start, or that one call asked for, though in vain.
std::size_t peak_allocation();

}  // namespace evobrnn::fuzzing
