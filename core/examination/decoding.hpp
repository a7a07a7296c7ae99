// SPDX-License-Identifier: Apache-2.0
/// What a linear read-out could tell of the remembered item at each time: from the rates, and from the synapses u ⊙
/// x_s, which can hold it while the rates do not (activity-silent memory; Mongillo, Barak & Tsodyks, 2008).
#pragma once

#include "core/examination/activity.hpp"

namespace evobrnn {

/// Cross-validated share of items told right by a linear classifier: least squares on one-hot targets with a ridge, on
/// features scaled to unit variance, five folds. features: [samples, features]; items: [samples] int64 from 0.
double decoded_share(const at::Tensor& features, const at::Tensor& items);

/// The same against what is told where the items are drawn among the samples anew, and nothing is to be told.
struct Decoded {
  double share = 0;
  double chance = 0;        ///< mean over permutations
  double upper_chance = 0;  ///< what 39 of 40 permutations stay under or reach
  double p = 1;             ///< share of permutations, this one among them, that reach `share`
  bool beyond_chance() const { return p <= 0.025; }
};
Decoded decode(const at::Tensor& features, const at::Tensor& items, std::int64_t permutations, std::uint64_t seed);

/// Figure "decoding", with the chance level (the commonest item) and the largest share that chance reaches in 39 of 40
/// cases. Nothing where the task names no item.
void add_decoding(const Activity& activity, Examination& examination);

}  // namespace evobrnn
