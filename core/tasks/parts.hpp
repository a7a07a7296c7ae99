// SPDX-License-Identifier: Apache-2.0
/// Which samples of a data set are trained on, validated on and tested on.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/tasks/task.hpp"

namespace evobrnn {

struct Parts {
  at::Tensor train, validation, test;  ///< [samples] int64, indices into the set; test into the test set
};

/// Draws the validation part from `available` training samples by task.data_seed, and the training samples from the
/// rest; of `tests` test samples takes the first task.test_samples, or all. Throws DataError when there are too few.
Parts draw_parts(std::int64_t available, std::int64_t tests, const TaskSettings& settings);

}  // namespace evobrnn
