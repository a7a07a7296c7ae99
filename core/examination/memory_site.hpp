// SPDX-License-Identifier: Apache-2.0
/// Where the memory lies at the end of the trained delay: in the activity, or silently in the synapses.
///
/// As Masse, Yang, Song, Wang & Freedman (2019, Nat Neurosci 22: 1159) tell it: whether the item can be told from the
/// rates and from the synaptic efficacies u ⊙ x_s just before the question, and what the score comes to where either of
/// them is exchanged between trials at that moment.
#pragma once

#include "core/examination/activity.hpp"
#include "core/examination/decoding.hpp"

namespace evobrnn {

/// What is known of the rates, or of what the model carries besides them.
struct MemoryCarrier {
  Decoded decoded;
  bool shuffled = false;  ///< the causal test was made
  double score = 0;       ///< with the carrier exchanged between trials at the end of the delay
  double cost = 0;        ///< of the score, with its 95 % interval over samples
  double low = 0, high = 0;
  double lost = 0;  ///< share of what the whole network scores above chance that the exchange costs
  /// It costs more than chance explains, and a tenth of what there is or more.
  bool needed() const;
  /// Told beyond chance, and at least a fifth of the way from chance to certainty: of many trials less is significant,
  /// and of no use.
  bool tells() const;
};

/// "activity-silent": the item is told from the hidden part alone, and that alone is needed. "activity": the rates are
/// needed, and the hidden part is not, or there is none. "synapses": the hidden part alone is needed, though the rates
/// tell the item too. "both": both are needed. "redundant": neither alone, though the item is told. "undecided": what
/// is needed does not tell the item, or nothing is told. Without a causal test what is told decides.
std::string memory_verdict(const MemoryCarrier& rates, const MemoryCarrier* hidden);

/// Figure "memory_site", numbers "memory.…", verdict "memory". Of a task without a delay the state after the last blank
/// step of `activity` is decoded, and nothing is exchanged. Nothing where the task names no item.
void add_memory_site(const Subject& subject, const Activity& activity, const ExaminationOptions& options,
                     Examination& examination);

}  // namespace evobrnn
