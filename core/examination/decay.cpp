// SPDX-License-Identifier: Apache-2.0
#include "core/examination/decay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <limits>

namespace evobrnn {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kBeyond = 10;  // half-lives over this many times the longest time are not told from infinite ones
constexpr int kBits = 40;       // of precision of the minimum

struct Curve {
  std::vector<double> t, y;
};

/// A form with its shape: what is left at t of 1 at 0.
using Left = std::function<double(double t)>;

struct Fit {
  std::string form;
  int parameters = 0;  ///< amplitude and shape
  double amplitude = 0, squares = kInfinite, half_life = kInfinite;
  Left left;
};

/// The best amplitude for a shape, and the sum of squares that it leaves.
std::pair<double, double> amplitude_of(const Curve& curve, const Left& left) {
  double fy = 0, ff = 0, yy = 0;
  for (std::size_t i = 0; i < curve.t.size(); ++i) {
    const double f = left(curve.t[i]);
    fy += f * curve.y[i];
    ff += f * f;
    yy += curve.y[i] * curve.y[i];
  }
  const double amplitude = ff > 0 ? fy / ff : 0;
  double squares = 0;
  for (std::size_t i = 0; i < curve.t.size(); ++i) {
    const double residual = curve.y[i] - amplitude * left(curve.t[i]);
    squares += residual * residual;
  }
  // Below rounding every fit is as good.
  return {amplitude, std::max(squares, 1e-20 * yy)};
}

/// The least of a function that may have several minima: the best of a grid, the last of equal ones, refined.
double minimum(const std::function<double(double)>& f, double low, double high, int grid) {
  const double step = (high - low) / grid;
  int best = 0;
  double least = kInfinite;
  for (int i = 0; i <= grid; ++i) {
    if (const double value = f(low + i * step); value <= least) {
      least = value;
      best = i;
    }
  }
  const double from = std::max(low, low + (best - 1) * step), to = std::min(high, low + (best + 1) * step);
  std::uintmax_t iterations = 60;
  return boost::math::tools::brent_find_minima(f, from, to, kBits, iterations).first;
}

double longest(const Curve& curve) { return curve.t.back(); }

Left exponential(double half_life) {
  return [=](double t) { return std::exp2(-t / half_life); };
}
Left power(double exponent) {
  return [=](double t) { return std::pow(1 + t, -exponent); };
}
Left logistic(double middle, double width) {
  return [=](double t) { return (1 + std::exp(-middle / width)) / (1 + std::exp((t - middle) / width)); };
}

Fit fitted(const Curve& curve, const std::string& form, int parameters, const Left& left, double half_life) {
  const auto [amplitude, squares] = amplitude_of(curve, left);
  return {form, parameters, amplitude, squares, half_life > kBeyond * longest(curve) ? kInfinite : half_life, left};
}

Fit fit_exponential(const Curve& curve) {
  const auto log_half_life = minimum([&](double log) { return amplitude_of(curve, exponential(std::exp(log))).second; },
                                     std::log(0.02), std::log(1e3 * longest(curve)), 120);
  return fitted(curve, "exponential", 2, exponential(std::exp(log_half_life)), std::exp(log_half_life));
}

Fit fit_power(const Curve& curve) {
  const auto log_exponent = minimum([&](double log) { return amplitude_of(curve, power(std::exp(log))).second; },
                                    std::log(1e-4), std::log(50.0), 120);
  const double exponent = std::exp(log_exponent);
  return fitted(curve, "power", 2, power(exponent), std::exp2(1 / exponent) - 1);
}

Fit fit_logistic(const Curve& curve) {
  const auto at_middle = [&](double middle) {
    return minimum([&](double log) { return amplitude_of(curve, logistic(middle, std::exp(log))).second; },
                   std::log(0.05), std::log(longest(curve)), 16);
  };
  const double log_middle = minimum(
      [&](double log) {
        const double middle = std::exp(log);
        return amplitude_of(curve, logistic(middle, std::exp(at_middle(middle)))).second;
      },
      std::log(0.25), std::log(2 * kBeyond * longest(curve)), 24);
  const double middle = std::exp(log_middle), width = std::exp(at_middle(middle));
  // f(h) = 1/2  ⇔  e^((h − m)/s) = 1 + 2 e^(−m/s)
  return fitted(curve, "logistic", 3, logistic(middle, width),
                middle + width * std::log1p(2 * std::exp(-middle / width)));
}

Fit fit(const Curve& curve, const std::string& form) {
  return form == "exponential" ? fit_exponential(curve) : form == "power" ? fit_power(curve) : fit_logistic(curve);
}

/// Nothing comparable for too few points: infinite.
double corrected_criterion(const Fit& fit, std::size_t points) {
  const auto n = static_cast<double>(points), k = static_cast<double>(fit.parameters + 1);  // and the variance
  if (n - k - 1 <= 0) return kInfinite;
  return n * std::log(fit.squares / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

/// The value at t of a curve that is straight between its points.
double between(const Curve& curve, double t) {
  const auto next = std::lower_bound(curve.t.begin(), curve.t.end(), t);
  const auto i = static_cast<std::size_t>(next - curve.t.begin());
  if (i == 0 || *next == t) return curve.y[i];
  const double share = (t - curve.t[i - 1]) / (curve.t[i] - curve.t[i - 1]);
  return (1 - share) * curve.y[i - 1] + share * curve.y[i];
}

}  // namespace

Decay fit_decay(const std::string& name, const std::vector<double>& t, const std::vector<double>& y,
                const Resampled& resampled, std::int64_t resamples, std::uint64_t seed) {
  const Curve curve{t, y};
  Decay decay;
  decay.name = name;
  decay.longest = longest(curve);
  Fit best;
  double least = kInfinite;
  for (const std::string form : {"exponential", "power", "logistic"}) {
    const auto tried = fit(curve, form);
    const double criterion = corrected_criterion(tried, t.size());
    if (std::isfinite(criterion)) decay.aicc[form] = criterion;
    if (best.form.empty() || criterion < least) {
      best = tried;
      least = criterion;
    }
  }
  decay.form = best.form;
  decay.start = best.amplitude;
  decay.half_life = best.half_life;
  const double half = between(curve, decay.longest / 2);
  decay.stable = y.back() >= 0.5 * y.front() && half - y.back() <= 0.05 * y.front() && y.front() > 0;

  std::mt19937_64 random(seed);
  std::vector<double> half_lives;
  for (std::int64_t i = 0; i < resamples; ++i) {
    Curve drawn{t, resampled ? resampled(random) : y};
    for (auto& value : drawn.y) {  // and how far the form is from the curve
      const auto at = std::uniform_int_distribution<std::size_t>(0, t.size() - 1)(random);
      value += y[at] - best.amplitude * best.left(t[at]);
    }
    half_lives.push_back(fit(drawn, best.form).half_life);
  }
  std::sort(half_lives.begin(), half_lives.end());
  const auto quantile = [&](double q) {
    return half_lives.empty()
               ? decay.half_life
               : half_lives[static_cast<std::size_t>(q * static_cast<double>(half_lives.size() - 1) + 0.5)];
  };
  decay.low = std::min(quantile(0.025), decay.half_life);
  decay.high = std::max(quantile(0.975), decay.half_life);
  return decay;
}

std::string half_life_text(const Decay& decay) {
  const auto text = [&](double steps) {
    return std::isfinite(steps) ? fmt::format("{:.3g}", steps) : fmt::format("over {:.0f}", kBeyond * decay.longest);
  };
  if (decay.stable) return fmt::format("is kept to the end, {:.0f} steps", decay.longest);
  return fmt::format("halves in {} steps [{}, {}] ({})", text(decay.half_life), text(decay.low), text(decay.high),
                     decay.form);
}

}  // namespace evobrnn
