// SPDX-License-Identifier: Apache-2.0
/// What the score costs when a part of the network is taken away or stopped.
#pragma once

#include "core/examination/activity.hpp"

namespace evobrnn {

/// Figure "lesions": excitatory or inhibitory units silenced (their rate is 0), random shares of all units, and z, u or
/// x_s held at their mean over samples and steps.
void add_lesions(Subject& subject, const Activity& activity, const ExaminationOptions& options,
                 Examination& examination);

}  // namespace evobrnn
