// SPDX-License-Identifier: Apache-2.0
/// What a trained network does from step to step: its states on some test samples, and then on blank input.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/examination/subject.hpp"

namespace evobrnn {

/// States kept of a pass in bounded memory: at `times` only, which are spread over the sequence and the blank steps
/// after it.
struct Activity {
  at::Tensor x;                     ///< [steps, batch, n_in] what was fed, blank steps included
  at::Tensor items;                 ///< [batch] int64, or undefined
  std::int64_t fed = 0;             ///< steps until what is to be remembered has ended
  std::int64_t delay = 0;           ///< steps of the trained delay, which come then
  std::vector<std::int64_t> times;  ///< steps after which the state was kept, from 1
  at::Tensor r;                     ///< [times, batch, n]
  at::Tensor synapses;              ///< [times, batch, n] u ⊙ x_s; undefined without plasticity
  std::vector<State> states;        ///< whole, of the first kWholeStates samples, at each of the times
  at::Tensor u, x_s, z;             ///< [n] means over samples and the fed steps; undefined where there are none
  at::Tensor r_mean, r_sd;          ///< [n] over samples and the fed steps
  at::Tensor r_max, r_min;          ///< [n]
};

inline constexpr std::int64_t kWholeStates = 64;

/// Runs the first test samples, to the end of what is to be remembered and through the trained delay, and then on what
/// the delay shows (zeros, as a rule) until `blank` steps have passed since, or the trained delay has.
Activity record_activity(const Subject& subject, std::int64_t samples, std::int64_t blank, std::int64_t times);

/// The end of the input and, where there is one, the end of the trained delay, counted on from `end_of_input`.
std::map<std::string, double> delay_marks(const Activity& activity, std::int64_t end_of_input);

/// How far the samples' states are apart, and how that fades in the blank steps: figure "trace" and, with plasticity,
/// "trace_synapses", with their decays.
void add_traces(const Activity& activity, const ExaminationOptions& options, Examination& examination);

/// Each unit's rate, time constant (of its mean z), drive and autocorrelation; histograms; drift.
void add_units(const Subject& subject, const Activity& activity, Examination& examination);

/// Dead: never over 0.05 in absolute value. Saturated: never under 0.95.
struct SilentUnits {
  double dead = 0, saturated = 0;  ///< shares
};
SilentUnits silent_units(const at::Tensor& smallest, const at::Tensor& largest);

}  // namespace evobrnn
