// SPDX-License-Identifier: Apache-2.0
/// What a linear read-out could tell of the remembered item at each time: from the rates, and from the synapses u ⊙
/// x_s, which can hold it while the rates do not (activity-silent memory; Mongillo, Barak & Tsodyks, 2008).
#pragma once

#include "core/examination/activity.hpp"

namespace evobrnn {

/// Cross-validated share of items told right by a linear classifier: least squares on one-hot targets with a ridge, on
/// features scaled to unit variance, five folds. features: [samples, features]; items: [samples] int64 from 0.
double decoded_share(const at::Tensor& features, const at::Tensor& items);

/// Figure "decoding", with the chance level (the commonest item) and the largest share that chance reaches in 39 of 40
/// cases. Nothing where the task names no item.
void add_decoding(const Activity& activity, Examination& examination);

}  // namespace evobrnn
