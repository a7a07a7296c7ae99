// SPDX-License-Identifier: Apache-2.0
#include "core/examination/decay_forms.hpp"

#include <cmath>
#include <limits>

namespace evobrnn {
namespace {

/// What g is when half of the start is left.
double g_at_half(double share) { return (0.5 - share) / (1 - share); }

/// h / τ of the exponential and the logistic form, for g(h) = level; ln(1 + h) / ln(1 + τ) of the power form.
double stretch(const DecayForm& form, double level, double width) {
  if (form.shape != DecayShape::logistic) return -std::log2(level);
  const double e = std::exp2(1 / width);
  return std::log((e - 1) / level - e + 2) / std::log(e);
}

}  // namespace

const std::vector<DecayForm>& decay_forms() {
  static const std::vector<DecayForm> forms = {{"constant", DecayShape::constant, false},
                                               {"exponential", DecayShape::exponential, false},
                                               {"power", DecayShape::power, false},
                                               {"logistic", DecayShape::logistic, false},
                                               {"exponential to a floor", DecayShape::exponential, true},
                                               {"power to a floor", DecayShape::power, true},
                                               {"logistic to a floor", DecayShape::logistic, true}};
  return forms;
}

double left_at(const DecayForm& form, const DecayValues& values, double t) {
  double g = 1;
  switch (form.shape) {
    case DecayShape::constant:
      break;
    case DecayShape::exponential:
      g = std::exp2(-t / values.tau);
      break;
    case DecayShape::power:
      g = std::exp2(-std::log1p(t) / std::log1p(values.tau));
      break;
    case DecayShape::logistic: {
      const double e = std::exp2(1 / values.width);
      g = (e - 1) / (e - 2 + std::exp2(t / (values.tau * values.width)));
      break;
    }
  }
  return values.share + (1 - values.share) * g;
}

double half_life_of(const DecayForm& form, const DecayValues& values) {
  if (form.shape == DecayShape::constant || values.share >= 0.5) return std::numeric_limits<double>::infinity();
  const double s = stretch(form, g_at_half(values.share), values.width);
  return form.shape == DecayShape::power ? std::expm1(s * std::log1p(values.tau)) : s * values.tau;
}

double tau_for(const DecayForm& form, double half_life, double share, double width) {
  const double s = stretch(form, g_at_half(share), width);
  return form.shape == DecayShape::power ? std::expm1(std::log1p(half_life) / s) : half_life / s;
}

}  // namespace evobrnn
