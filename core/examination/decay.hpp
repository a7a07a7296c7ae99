// SPDX-License-Identifier: Apache-2.0
/// Forms of forgetting fitted to a curve: y(t) = a f(t), f(0) = 1, falling to 0 (what is left by chance is taken off
/// before).
///
///     exponential  f = 2^(−t / h)                                         one rate
///     power        f = (1 + t)^(−β)                                       many rates (Wixted & Ebbesen, 1991)
///     logistic     f = (1 + e^(−m / s)) / (1 + e^((t − m) / s))           kept for a while, then lost
///
/// Least squares; the form is chosen by Akaike's criterion with the correction for few points (Hurvich & Tsai, 1989).
#pragma once

#include <functional>
#include <random>
#include <vector>

#include "core/examination.hpp"

namespace evobrnn {

/// Draws the curve anew from resampled samples.
using Resampled = std::function<std::vector<double>(std::mt19937_64& random)>;

/// t: ascending from 0, at least four; y: one each, above its floor. `resampled` may be empty: then the interval comes
/// from the fit's residuals alone.
Decay fit_decay(const std::string& name, const std::vector<double>& t, const std::vector<double>& y,
                const Resampled& resampled, std::int64_t resamples, std::uint64_t seed);

/// "halves in 4.2 steps [3.9, 4.6] (exponential)".
std::string half_life_text(const Decay& decay);

}  // namespace evobrnn
