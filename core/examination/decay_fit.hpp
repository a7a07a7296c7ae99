// SPDX-License-Identifier: Apache-2.0
/// Fits of one form of forgetting to a curve, and what can be said of its half-life: maximum likelihood (binomial for
/// scores, normal for other curves) as if times were independent, and profile likelihood whose scale takes into account
/// that all times saw the same samples (Chandler & Bate, 2007).
#pragma once

#include <optional>
#include <vector>

#include "core/examination/decay_forms.hpp"

namespace evobrnn {

/// A square matrix, row by row.
using Matrix = std::vector<double>;

/// What is fitted.
struct DecayData {
  std::vector<double> t;  ///< since the first, ascending from 0
  std::vector<double> y;  ///< one a time
  double chance = 0;      ///< of y
  double samples = 0;     ///< trials behind each y in [0, 1]: binomial; 0: real numbers, normal with one variance
  Matrix correlation;     ///< between times, of the binomial y; what is 0 by 0 counts as none
  Matrix sampling = {};   ///< covariance between times that real y have from the choice of samples; may be empty

  bool binomial() const { return samples > 0; }
  std::size_t size() const { return t.size(); }
};

class DecayFit {
 public:
  DecayFit(const DecayData& data, const DecayForm& form);

  const DecayForm& form() const { return form_; }
  const DecayValues& values() const { return values_; }
  double deviance() const { return deviance_; }  ///< binomial deviance, or sum of squares
  double half_life() const { return half_life_of(form_, values_); }
  double predicted(double t) const;

  /// Signed root of the likelihood ratio of the half-life h against the fitted one: about N(0, 1), or t with as many
  /// degrees of freedom as are left; negative where h is shorter.
  double root(double half_life) const;
  /// Degrees of freedom that are left.
  double freedom() const;

  /// The deviance's expectation under the form, over freedom(): 1 where times are independent.
  double dispersion() const { return dispersion_; }
  /// p of "the curve has this form"; nothing for real numbers.
  std::optional<double> goodness() const;

 private:
  using Parameters = std::vector<double>;  ///< unbounded

  std::vector<double> predictions(const DecayValues& values) const;
  double deviance_of(const std::vector<double>& p) const;
  double weight(double p) const;
  DecayValues free_values(const Parameters& x) const;
  DecayValues held_values(const Parameters& x, double half_life) const;
  void fit();
  void find_errors();
  double profile(double half_life) const;
  double covariance(std::size_t i, std::size_t j, const std::vector<double>& p) const;

  const DecayData& data_;
  const DecayForm form_;
  DecayValues values_;
  double deviance_ = 0, dispersion_ = 1, spread_ = 0;  ///< spread: of the degrees of freedom (Satterthwaite, 1946)
  double scale_ = 1;                                   ///< of the profile likelihood of the half-life
};

}  // namespace evobrnn
