// SPDX-License-Identifier: Apache-2.0
/// The parameters of a network over its training, seen by training it once more: a trial gives the same bits again.
#pragma once

#include "core/examination/subject.hpp"

namespace evobrnn {

/// Figures "training" (weights, hyperparameters, units, gradient) and "training_paths" (rates of a few units on one
/// sample, over its steps and over training). Warns where rates or W stay tiny, and says why. Returns false where
/// should_stop ended it.
bool add_training_trace(const TrialSpec& spec, const Subject& subject, const ExaminationHooks& hooks,
                        Examination& examination);

}  // namespace evobrnn
