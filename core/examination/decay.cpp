// SPDX-License-Identifier: Apache-2.0
#include "core/examination/decay.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/examination/decay_fit.hpp"

namespace evobrnn {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kBeyond = 10;  // half-lives over this many times the longest time are not told from infinite ones
constexpr double kTail = 0.025;
constexpr double kBadFit = 0.01, kPoorShare = 0.95;  // p, and share of variance, under which a fit is called bad

double mean_of_values(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The value at t of a curve that is straight between its points.
double between(const std::vector<double>& t, const std::vector<double>& y, double at) {
  const auto i = static_cast<std::size_t>(std::lower_bound(t.begin(), t.end(), at) - t.begin());
  if (i == 0 || t[i] == at) return y[i];
  return std::lerp(y[i - 1], y[i], (at - t[i - 1]) / (t[i] - t[i - 1]));
}

/// Where the data first cross half of their first value above chance; infinite where they do not.
double crossing(const DecayData& data) {
  const double half = data.chance + (data.y.front() - data.chance) / 2;
  for (std::size_t i = 1; i < data.size(); ++i) {
    if (data.y[i] > half) continue;
    const double share = data.y[i - 1] == data.y[i] ? 0 : (data.y[i - 1] - half) / (data.y[i - 1] - data.y[i]);
    return std::lerp(data.t[i - 1], data.t[i], share);
  }
  return kInfinite;
}

/// All forms fitted to one curve.
class Forms {
 public:
  explicit Forms(const DecayData& data) : data_(data) {
    // Observations: trials, where each has an outcome of its own (Burnham & Anderson, 2002), else times.
    const auto times = static_cast<double>(data.size()), n = data.binomial() ? times * data.samples : times;
    const auto parameters = [&](const DecayForm& form) {
      return static_cast<double>(form.parameters()) + (data.binomial() ? 0 : 1);  // and the variance
    };
    for (const auto& form : decay_forms()) {
      if (times - parameters(form) - 1 > 0) fits_.emplace_back(data, form);
    }
    // What common samples leave of the variance: as the best of all forms sees it.
    const auto best = std::min_element(fits_.begin(), fits_.end(),
                                       [](const auto& a, const auto& b) { return a.deviance() < b.deviance(); });
    const double dispersion = data.binomial() ? best->dispersion() : 1;
    for (const auto& fit : fits_) {
      const double k = parameters(fit.form());
      aicc_.push_back((data.binomial() ? fit.deviance() / dispersion : n * std::log(fit.deviance() / n)) + 2 * k +
                      2 * k * (k + 1) / (n - k - 1));
    }
    chosen_ = static_cast<std::size_t>(std::min_element(aicc_.begin(), aicc_.end()) - aicc_.begin());
    double sum = 0;
    for (const double criterion : aicc_) weights_.push_back(std::exp(-(criterion - aicc_[chosen_]) / 2));
    constexpr double kNegligible = 1e-3;
    for (auto& weight : weights_) weight = weight < kNegligible ? 0 : weight;
    for (const double weight : weights_) sum += weight;
    for (auto& weight : weights_) weight /= sum;
  }

  const DecayFit& chosen() const { return fits_[chosen_]; }

  std::map<std::string, double> criteria() const {
    std::map<std::string, double> all;
    for (std::size_t i = 0; i < fits_.size(); ++i) all[fits_[i].form().name] = aicc_[i];
    return all;
  }

  /// The half-life that has so much of the averaged distribution below it; infinite where none has.
  double quantile(double share) const {
    double low = std::log(0.02), high = std::log(kBeyond * data_.t.back());
    if (below(std::exp(high)) < share) return kInfinite;
    constexpr double kEnough = 1e-4;
    // An interval as narrow as the fit's own precision is found too: from the fitted half-life outwards.
    if (const double fitted = chosen().half_life();
        std::isfinite(fitted) && fitted > std::exp(low) && fitted < std::exp(high)) {
      double step = 1e-9;
      const double at = std::log(fitted);
      const bool down = below(fitted) >= share;
      for (; step < high - low; step *= 4) {
        const double x = std::clamp(down ? at - step : at + step, low, high);
        if ((below(std::exp(x)) >= share) != down) break;
      }
      if (down) low = std::max(low, at - step), high = std::max(low, at - (step > 1e-9 ? step / 4 : 0));
      else high = std::min(high, at + step), low = std::min(high, at + (step > 1e-9 ? step / 4 : 0));
    }
    while (high - low > kEnough * std::max(1e-5, std::abs(high - std::log(std::max(1e-9, chosen_half()))))) {
      const double middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      (below(std::exp(middle)) < share ? low : high) = middle;
    }
    return std::exp((low + high) / 2);
  }

 private:
  double chosen_half() const { return std::min(chosen().half_life(), kBeyond * data_.t.back()); }

  double below(double half_life) const {
    double sum = 0;
    for (std::size_t i = 0; i < fits_.size(); ++i) {
      if (weights_[i] == 0) continue;
      const double root = fits_[i].root(half_life);
      if (!std::isfinite(root)) sum += root > 0 ? weights_[i] : 0;
      else if (data_.binomial()) sum += weights_[i] * boost::math::cdf(boost::math::normal(), root);
      else sum += weights_[i] * boost::math::cdf(boost::math::students_t(fits_[i].freedom()), root);
    }
    return sum;
  }

  const DecayData& data_;
  std::vector<DecayFit> fits_;
  std::vector<double> aicc_, weights_;
  std::size_t chosen_ = 0;
};

std::string steps_text(double steps, double longest) {
  return std::isfinite(steps) ? fmt::format("{:.3g}", steps) : fmt::format("over {:.0f}", kBeyond * longest);
}

void find_warning(Decay& decay) {
  std::vector<std::string> parts;
  const bool scores = std::isfinite(decay.goodness);
  const auto worst = scores ? fmt::format("{:.1f} points", 100 * decay.worst) : fmt::format("{:.2g}", decay.worst);
  if (scores ? decay.goodness < kBadFit : decay.r2 < kPoorShare) {
    parts.push_back(
        fmt::format("the form ({}) does not fit: it is up to {} off the data ({})", decay.form, worst,
                    scores ? fmt::format("p = {:.2g}", decay.goodness) : fmt::format("R² = {:.2f}", decay.r2)));
  }
  const double span = decay.longest - decay.first;
  if (std::isfinite(decay.observed) && (decay.observed < decay.low || decay.observed > decay.high))
    parts.push_back(fmt::format("the data themselves cross half at {:.3g} steps, outside of the interval [{}, {}]",
                                decay.observed, steps_text(decay.low, span), steps_text(decay.high, span)));
  if (decay.outcome == "halves later")
    parts.push_back(
        fmt::format("half is reached after the longest time looked at, {:.0f} steps: it is extrapolated", span));
  if (!parts.empty()) decay.warning = fmt::format("{}: {}.", decay.name, fmt::join(parts, "; "));
}

/// What the forms say, for data that have something to forget.
void describe(const DecayData& data, Decay& decay) {
  const Forms forms(data);
  const auto& fit = forms.chosen();
  decay.form = fit.form().name;
  decay.aicc = forms.criteria();
  decay.start = fit.values().start;
  decay.floor_fitted = fit.form().floor;
  decay.floor = data.chance + fit.values().start * (fit.form().shape == DecayShape::constant ? 1 : fit.values().share);
  const double longest = data.t.back();
  decay.half_life = fit.half_life() > kBeyond * longest ? kInfinite : fit.half_life();
  decay.low = std::min(forms.quantile(kTail), decay.half_life);
  decay.high = std::max(forms.quantile(1 - kTail), decay.half_life);
  decay.goodness = fit.goodness().value_or(std::numeric_limits<double>::quiet_NaN());
  const double center = mean_of_values(data.y);
  double squares = 0, errors = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const double error = data.y[i] - fit.predicted(data.t[i]);
    errors += error * error;
    squares += (data.y[i] - center) * (data.y[i] - center);
    decay.worst = std::max(decay.worst, std::abs(error));
  }
  const double rounding = 1e-20 * data.y.front() * data.y.front() * static_cast<double>(data.size());
  decay.r2 = squares > rounding ? 1 - errors / squares : 1;
  constexpr int kPoints = 100;
  for (int i = 0; i <= kPoints; ++i) {  // as dense near the start as there, where most happens
    const double t = std::expm1(std::log1p(longest) * i / kPoints);
    decay.curve.emplace_back(decay.first + t, fit.predicted(t));
  }
  decay.outcome = decay.stable                     ? "kept"
                  : decay.half_life <= longest     ? "halves"
                  : std::isfinite(decay.half_life) ? "halves later"
                                                   : "not reached";
  find_warning(decay);
}

Decay decay_of(const std::string& name, const std::vector<double>& t, DecayData& data) {
  Decay decay;
  decay.name = name;
  decay.first = t.front();
  decay.longest = t.back();
  decay.chance = data.chance;
  for (const double time : t) data.t.push_back(time - t.front());
  const double first = data.y.front() - data.chance, last = data.y.back() - data.chance,
               middle = between(data.t, data.y, data.t.back() / 2) - data.chance;
  decay.observed = crossing(data);
  decay.stable = !std::isfinite(decay.observed) && last >= 0.5 * first && middle - last <= 0.05 * first && first > 0;
  return decay;
}

/// Covariances of the columns' means: [times, times].
Matrix covariance_of_means(const std::vector<std::vector<double>>& each, const std::vector<double>& means) {
  const auto n = each.size(), samples = each.front().size();
  Matrix covariance(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t s = 0; s < samples; ++s) sum += (each[i][s] - means[i]) * (each[j][s] - means[j]);
      covariance[i * n + j] = covariance[j * n + i] = sum / static_cast<double>(samples);
    }
  }
  return covariance;
}

}  // namespace

Decay fit_score_decay(const std::string& name, const std::vector<double>& t,
                      const std::vector<std::vector<double>>& each, double chance) {
  DecayData data;
  data.chance = chance;
  for (const auto& scores : each) data.y.push_back(mean_of_values(scores));
  const auto n = each.size();
  data.correlation = covariance_of_means(each, data.y);
  // Scores of several steps each vary less than those of one: as much as so many trials.
  double variance = 0, binomial = 0;
  for (std::size_t i = 0; i < n; ++i) {
    variance += data.correlation[i * n + i];
    binomial += data.y[i] * (1 - data.y[i]);
  }
  const auto samples = static_cast<double>(each.front().size());
  data.samples = variance > 0 ? samples * std::max(1.0, binomial / variance) : samples;
  std::vector<double> deviations(n);
  for (std::size_t i = 0; i < n; ++i) deviations[i] = std::sqrt(data.correlation[i * n + i]);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double both = deviations[i] * deviations[j];
      data.correlation[i * n + j] = both > 0 ? data.correlation[i * n + j] / both : 0;
    }
  }
  auto decay = decay_of(name, t, data);
  const double above = data.y.front() - chance, error = deviations.front() / std::sqrt(samples);
  constexpr double kLeast = 0.02;
  if (above > std::max(2 * error, kLeast)) describe(data, decay);
  else {
    decay.outcome = above < -2 * error ? "below chance" : "nothing";
    decay.half_life = decay.low = decay.high = decay.observed = kInfinite;
    decay.start = above;
    decay.floor = chance;
    decay.stable = false;
  }
  return decay;
}

Decay fit_decay(const std::string& name, const std::vector<double>& t, const std::vector<double>& y,
                const Resampled& resampled, std::int64_t resamples, std::uint64_t seed) {
  DecayData data;
  data.y = y;
  auto decay = decay_of(name, t, data);
  if (resampled && resamples > 1) {
    std::mt19937_64 random(seed);
    std::vector<std::vector<double>> drawn(t.size());
    for (std::int64_t i = 0; i < resamples; ++i) {
      const auto values = resampled(random);
      for (std::size_t at = 0; at < t.size(); ++at) drawn[at].push_back(values[at]);
    }
    std::vector<double> means;
    for (const auto& values : drawn) means.push_back(mean_of_values(values));
    data.sampling = covariance_of_means(drawn, means);
  }
  describe(data, decay);
  return decay;
}

std::string half_life_text(const Decay& decay) {
  const double span = decay.longest - decay.first;
  if (decay.outcome == "nothing") return "has nothing to forget: it is at chance from the start";
  if (decay.outcome == "below chance") return "has nothing to forget: it is below chance from the start";
  if (decay.outcome == "kept") return fmt::format("is kept to the end, {:.0f} steps", span);
  const auto observed = std::isfinite(decay.observed) ? fmt::format("; the data cross half at {:.3g}", decay.observed)
                                                      : "; the data do not fall to half";
  if (decay.outcome == "not reached")
    return fmt::format("does not fall to half: half-life over {:.0f} steps, at least {} ({}{})", kBeyond * span,
                       steps_text(decay.low, span), decay.form, observed);
  return fmt::format("halves in {} steps [{}, {}] ({}{})", steps_text(decay.half_life, span),
                     steps_text(decay.low, span), steps_text(decay.high, span), decay.form, observed);
}

}  // namespace evobrnn
