// SPDX-License-Identifier: Apache-2.0
/// The network as a dynamical system: principal components of its trajectories, its fixed and slow points, and the
/// spectrum of its recurrent weights.
#pragma once

#include "core/examination/activity.hpp"
#include "core/examination/fixed_points.hpp"

namespace evobrnn {

/// Figures "components", "paths", "fixed_points", "eigenvalues", "spectrum", and the numbers "fixed_points.…".
void add_dynamics(const Subject& subject, const Activity& activity, const ExaminationOptions& options,
                  Examination& examination);

}  // namespace evobrnn
