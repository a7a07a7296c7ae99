// SPDX-License-Identifier: Apache-2.0
/// What a trial is, in a few bytes.
#pragma once

#include <string>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// SHA-256 over the trial's seed, over whether the test set is scored, and over every setting that is read and can
/// change a result. Trials of the same key have the same bits, on the same data and the same build. Genome, fidelity
/// and repeat are in it: they make settings and seed.
std::string content_key(const TrialSpec& spec);

}  // namespace evobrnn
