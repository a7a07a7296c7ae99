// SPDX-License-Identifier: Apache-2.0
/// How long something is remembered: forms of forgetting (decay_forms.hpp) fitted to a curve, the half-life, and how
/// sure it is.
///
/// The form of the lowest AICc (Hurvich & Tsai, 1989) is shown; with scores the criterion is divided by the dispersion
/// that the common samples of all times leave (Burnham & Anderson, 2002). The interval of the half-life is averaged
/// over the forms by their Akaike weights, each form's part from its profile likelihood (model-averaged tail areas;
/// Turek & Fletcher, 2012), so that which form was chosen is part of the uncertainty. scripts/half_life_coverage shows
/// that it covers the truth in 93 to 97 of 100 simulated curves.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/examination.hpp"

namespace evobrnn {

/// Draws the curve anew from resampled samples.
using Resampled = std::function<std::vector<double>(std::mt19937_64& random)>;

/// Of scores in [0, 1]. t: ascending, at least four; each: [time][sample], the same samples at every time; chance: what
/// guessing scores. The half-life counts from the first time. Says also where there is nothing to forget.
Decay fit_score_decay(const std::string& name, const std::vector<double>& t,
                      const std::vector<std::vector<double>>& each, double chance);

/// Of real numbers above 0 that fall to 0 or to a floor. t: ascending, at least four; y: one each. `resampled` may be
/// empty: then the interval comes from the fit's residuals alone.
Decay fit_decay(const std::string& name, const std::vector<double>& t, const std::vector<double>& y,
                const Resampled& resampled, std::int64_t resamples, std::uint64_t seed);

/// "halves in 4.2 steps [3.9, 4.6] (exponential)".
std::string half_life_text(const Decay& decay);

}  // namespace evobrnn
