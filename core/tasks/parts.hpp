// SPDX-License-Identifier: Apache-2.0
/// Which samples of a data set are trained on, validated on and tested on.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/tasks/task.hpp"

namespace evobrnn {

struct Parts {
  at::Tensor train, validation, test;  ///< [samples] int64, indices into the set; test into the test set
};

/// Draws by task.data_seed, without replacement: the validation part from `available` training samples, the training
/// samples from the rest, and task.test_samples of `tests` test samples, or all. Each comes in the order drawn, so that
/// its first samples stand for all of it however the files are sorted. Throws DataError when there are too few.
Parts draw_parts(std::int64_t available, std::int64_t tests, const TaskSettings& settings);

}  // namespace evobrnn
