// SPDX-License-Identifier: Apache-2.0
/// Images as sequences: in which order their values come, and how many a step.
#pragma once

#include "core/tasks/task.hpp"

namespace evobrnn {

struct ImageSet {
  at::Tensor pixels;  ///< [samples, height · width · channels] uint8: row by row, the channels of a pixel together
  at::Tensor labels;  ///< [samples] int64
  std::int64_t height = 0, width = 0, channels = 1;
};

/// A task over two sets of images. The validation part is drawn from `train` by task.data_seed, and training samples
/// are taken from the rest. Pixels are scaled to [0, 1]. Throws DataError when the sets hold fewer samples than the
/// settings ask for, or differ in size.
std::shared_ptr<const Task> make_image_task(const ImageSet& train, const ImageSet& test, std::int64_t classes,
                                            const TaskSettings& settings);

}  // namespace evobrnn
