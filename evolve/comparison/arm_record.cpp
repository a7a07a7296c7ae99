// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/arm_record.hpp"

namespace evobrnn {

Spending operator+(Spending left, const Spending& right) {
  left.trainings += right.trainings;
  left.failed += right.failed;
  left.samples += right.samples;
  left.flops += right.flops;
  left.wall_seconds += right.wall_seconds;
  left.cpu_seconds += right.cpu_seconds;
  return left;
}

}  // namespace evobrnn
