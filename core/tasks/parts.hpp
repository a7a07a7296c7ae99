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
/// samples from the rest, and task.test_samples of `tests` test samples as draw_tests() does. Throws DataError when
/// there are too few.
Parts draw_parts(std::int64_t available, std::int64_t tests, const TaskSettings& settings);

/// `wanted` of the test samples, drawn by task.data_seed, of a smaller number the first of a larger one's: a file may
/// be sorted by class. All of them in their own order where that many are wanted.
at::Tensor draw_tests(std::int64_t available, std::int64_t wanted, const TaskSettings& settings);

}  // namespace evobrnn
