// SPDX-License-Identifier: Apache-2.0
/// How fast this machine trains a network. Free of LibTorch headers.
#pragma once

#include <cstdint>

#include "core/trial.hpp"

namespace evobrnn {

struct StepTiming {
  double milliseconds = 0;      ///< median of a whole training step: batch, forward, loss, backward, update, projection
  double flops = 0;             ///< multiply-adds of one step, two operations each: the model's own count
  double counted_flops = 0;     ///< all that TrialCost::flops counts of the step
  std::int64_t peak_bytes = 0;  ///< largest memory that the steps held at one time
};

/// Repeats training steps of one network on the calling thread for at least so many seconds, and at least three steps.
/// Throws DataError where the task's data are missing.
StepTiming time_training_step(const TrialSettings& settings, DataStore& data, double seconds);

/// Floating-point operations a second of one core that does nothing but fused multiply-adds in float32, measured.
double core_peak_flops();

}  // namespace evobrnn
