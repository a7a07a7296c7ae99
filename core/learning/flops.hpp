// SPDX-License-Identifier: Apache-2.0
/// What a training costs in floating-point operations: docs/PERFORMANCE.md says what is counted.
#pragma once

#include "core/trial.hpp"

namespace evobrnn {

/// Of one sample: its whole sequence.
struct SampleFlops {
  double forward = 0;   ///< a validation
  double training = 0;  ///< forward and backward
  double products = 0;  ///< of `training`, the multiply-adds of the recurrent layer: what the kernels' speed is told in
};
SampleFlops sample_flops(const TrialSettings& settings, const TaskShape& shape);

/// Of a training that saw so many samples and scored the validation part so many times.
double training_flops(const TrialSettings& settings, const TaskShape& shape, std::int64_t samples,
                      std::int64_t validations);

/// Samples that a training sees, as long as it is not ended early.
std::int64_t planned_samples(const TrialSettings& settings, const TaskShape& shape);
/// How often it scores the validation part.
std::int64_t planned_validations(const TrialSettings& settings, const TaskShape& shape);

}  // namespace evobrnn
