// SPDX-License-Identifier: Apache-2.0
#include "core/examination/decay_fit.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "core/examination/small_matrix.hpp"

namespace evobrnn {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kNever = 1e-6;  ///< probabilities are kept this far from 0 and 1

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double logit(double p) {
  p = std::clamp(p, 1e-6, 1 - 1e-6);
  return std::log(p / (1 - p));
}

constexpr double kNarrowest = 0.02;  // of q
double width_of(double x) { return kNarrowest + (1 - kNarrowest) * sigmoid(x); }
double parameter_of_width(double q) { return logit((q - kNarrowest) / (1 - kNarrowest)); }

/// The least share that stays: a floor under chance is possible, one under 0 is not.
double least_share(const DecayData& data) { return -std::min(0.5, data.chance / (1 - data.chance)); }

double shortest(const DecayData&) { return 0.02; }
double longest(const DecayData& data) { return 1e3 * data.t.back(); }

double start_of(const DecayData& data, double x) {
  return data.binomial() ? (1 - data.chance) * sigmoid(x) : std::exp(x);
}
double parameter_of_start(const DecayData& data, double start) {
  return data.binomial() ? logit(start / (1 - data.chance)) : std::log(std::max(start, 1e-300));
}

/// Minimises by Fisher's scoring with Levenberg and Marquardt's damping.
struct Minimum {
  std::vector<double> x;
  double value = kInfinite;
};

struct Problem {
  const std::vector<double>& y;
  std::function<std::vector<double>(const std::vector<double>& x)> predict;
  std::function<double(const std::vector<double>& p)> deviance;
  std::function<double(double p)> weight;

  /// Columns of dp/dx, by central differences.
  Matrix slopes(const std::vector<double>& x) const {
    constexpr double kStep = 1e-5;
    Matrix J(y.size() * x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      auto above = x, below = x;
      above[k] += kStep;
      below[k] -= kStep;
      const auto high = predict(above), low = predict(below);
      for (std::size_t i = 0; i < y.size(); ++i) J[i * x.size() + k] = (high[i] - low[i]) / (2 * kStep);
    }
    return J;
  }

  Minimum minimise(std::vector<double> x) const {
    auto p = predict(x);
    double value = deviance(p), damping = 1e-2;
    constexpr int kRounds = 60;
    for (int round = 0; round < kRounds && damping < 1e8; ++round) {
      const auto J = slopes(x);
      Matrix A(x.size() * x.size(), 0);
      std::vector<double> b(x.size(), 0);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const double w = weight(p[i]);
        for (std::size_t k = 0; k < x.size(); ++k) {
          b[k] += J[i * x.size() + k] * w * (y[i] - p[i]);
          for (std::size_t l = 0; l < x.size(); ++l)
            A[k * x.size() + l] += J[i * x.size() + k] * w * J[i * x.size() + l];
        }
      }
      bool better = false;
      while (!better && damping < 1e8) {
        auto damped = A;
        for (std::size_t k = 0; k < x.size(); ++k) damped[k * x.size() + k] += damping * A[k * x.size() + k] + 1e-30;
        const auto inverse = inverse_of(damped, x.size());
        damping *= 8;
        if (!inverse) continue;
        auto next = x;
        for (std::size_t k = 0; k < x.size(); ++k) {
          double step = 0;
          for (std::size_t l = 0; l < x.size(); ++l) step += (*inverse)[k * x.size() + l] * b[l];
          next[k] += std::clamp(step, -2.0, 2.0);
        }
        const auto there = predict(next);
        const double least = deviance(there);
        if (!(least < value)) continue;
        better = true;
        damping /= 24;
        const bool still = value - least <= 1e-12 * value;
        x = std::move(next);
        p = there;
        value = least;
        if (still) return {x, value};
      }
    }
    return {x, value};
  }
};

}  // namespace

DecayFit::DecayFit(const DecayData& data, const DecayForm& form) : data_(data), form_(form) {
  fit();
  find_errors();
}

double DecayFit::predicted(double t) const { return data_.chance + values_.start * left_at(form_, values_, t); }

double DecayFit::freedom() const {
  return std::max(1.0, static_cast<double>(data_.size()) - static_cast<double>(form_.parameters()));
}

std::vector<double> DecayFit::predictions(const DecayValues& values) const {
  std::vector<double> p;
  p.reserve(data_.size());
  for (const double t : data_.t) {
    const double value = data_.chance + values.start * left_at(form_, values, t);
    p.push_back(data_.binomial() ? std::clamp(value, kNever, 1 - kNever) : value);
  }
  return p;
}

double DecayFit::deviance_of(const std::vector<double>& p) const {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double y = data_.y[i];
    if (data_.binomial())
      sum += (y > 0 ? y * std::log(y / p[i]) : 0) + (y < 1 ? (1 - y) * std::log((1 - y) / (1 - p[i])) : 0);
    else sum += (y - p[i]) * (y - p[i]);
  }
  return data_.binomial() ? 2 * data_.samples * std::max(0.0, sum) : sum;
}

double DecayFit::weight(double p) const { return data_.binomial() ? data_.samples / (p * (1 - p)) : 1; }

DecayValues DecayFit::free_values(const Parameters& x) const {
  DecayValues values;
  std::size_t next = 0;
  values.start = start_of(data_, x[next++]);
  if (form_.shape != DecayShape::constant)
    values.tau = std::exp(std::clamp(x[next++], std::log(shortest(data_)), std::log(longest(data_))));
  const double least = least_share(data_);
  if (form_.floor) values.share = least + (1 - least) * sigmoid(x[next++]);
  if (form_.has_width()) values.width = width_of(x[next++]);
  return values;
}

DecayValues DecayFit::held_values(const Parameters& x, double half_life) const {
  DecayValues values;
  std::size_t next = 0;
  values.start = start_of(data_, x[next++]);
  const double least = least_share(data_);
  constexpr double kMost = 0.499;
  if (form_.floor) values.share = least + (kMost - least) * sigmoid(x[next++]);
  if (form_.has_width()) values.width = width_of(x[next++]);
  values.tau = tau_for(form_, half_life, values.share, values.width);
  return values;
}

void DecayFit::fit() {
  const auto predict = [this](const Parameters& x) { return predictions(free_values(x)); };
  const auto deviance = [this](const std::vector<double>& p) { return deviance_of(p); };
  const Problem problem{data_.y, predict, deviance, [this](double p) { return weight(p); }};
  const double start = parameter_of_start(data_, std::max(data_.y.front() - data_.chance, 1e-3 * data_.y.front()));
  std::vector<std::pair<double, Parameters>> starts;
  constexpr int kTimes = 12;
  constexpr std::size_t kTried = 4;
  const double first = std::log(0.3 * data_.t[1]), last = std::log(6 * data_.t.back());
  const auto shares = form_.floor ? std::vector<double>{0.05, 0.4, 0.7} : std::vector<double>{0};
  const auto widths = form_.has_width() ? std::vector<double>{0.9, 0.4, 0.12} : std::vector<double>{1};
  const double least = least_share(data_);
  for (int i = 0; i <= (form_.shape == DecayShape::constant ? 0 : kTimes); ++i) {
    for (const double share : shares) {
      for (const double width : widths) {
        Parameters x{start};
        if (form_.shape != DecayShape::constant) x.push_back(first + (last - first) * i / kTimes);
        if (form_.floor) x.push_back(logit((share - least) / (1 - least)));
        if (form_.has_width()) x.push_back(parameter_of_width(width));
        starts.emplace_back(deviance(predict(x)), x);
      }
    }
  }
  std::stable_sort(starts.begin(), starts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Minimum best;
  for (std::size_t i = 0; i < std::min(kTried, starts.size()); ++i) {
    if (auto found = problem.minimise(starts[i].second); found.value < best.value) best = std::move(found);
  }
  values_ = free_values(best.x);
  deviance_ = best.value;
  if (data_.binomial()) return;
  // Below rounding every fit is as good.
  double squares = 0;
  for (const double y : data_.y) squares += y * y;
  deviance_ = std::max(deviance_, 1e-20 * squares);
}

double DecayFit::covariance(std::size_t i, std::size_t j, const std::vector<double>& p) const {
  const auto at = i * data_.size() + j;
  if (data_.binomial()) {
    const double spread = std::sqrt(p[i] * (1 - p[i]) * p[j] * (1 - p[j])) / data_.samples;
    return i == j ? spread : spread * (data_.correlation.empty() ? 0 : data_.correlation[at]);
  }
  return (i == j ? deviance_ / freedom() : 0) + (data_.sampling.empty() ? 0 : data_.sampling[at]);
}

void DecayFit::find_errors() {
  const auto n = data_.size();
  const auto p = predictions(values_);
  const double h = half_life();
  const bool held = std::isfinite(h) && h <= longest(data_);
  // At the fit: the parameters that the profile has, the half-life's logarithm first; without one the free ones.
  Parameters x{parameter_of_start(data_, values_.start)};
  const double least = least_share(data_), most = held ? 0.499 : 1.0;
  if (held) x.insert(x.begin(), std::log(h));
  else if (form_.shape != DecayShape::constant) x.push_back(std::log(values_.tau));
  if (form_.floor) x.push_back(logit((values_.share - least) / (most - least)));
  if (form_.has_width()) x.push_back(parameter_of_width(values_.width));
  const auto predict = [&](const Parameters& at) {
    return predictions(held ? held_values({at.begin() + 1, at.end()}, std::exp(at.front())) : free_values(at));
  };
  const Problem problem{data_.y, predict, {}, {}};
  const auto k = x.size();
  const auto J = problem.slopes(x);
  std::vector<double> w(n);
  for (std::size_t i = 0; i < n; ++i) w[i] = data_.binomial() ? weight(p[i]) : freedom() / deviance_;
  Matrix A(k * k, 0), B(k * k, 0), sigma(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) sigma[i * n + j] = covariance(i, j, p);
  }
  for (std::size_t a = 0; a < k; ++a) {
    for (std::size_t b = 0; b < k; ++b) {
      for (std::size_t i = 0; i < n; ++i) {
        A[a * k + b] += J[i * k + a] * w[i] * J[i * k + b];
        for (std::size_t j = 0; j < n; ++j)
          B[a * k + b] += J[i * k + a] * w[i] * sigma[i * n + j] * w[j] * J[j * k + b];
      }
    }
  }
  for (std::size_t a = 0; a < k; ++a) A[a * k + a] *= 1 + 1e-10;
  const auto inverse = inverse_of(A, k);
  if (!inverse) return;
  // ΣP with P = W − W J A⁻¹ Jᵀ W: its trace and that of its square are the deviance's mean and half its variance.
  Matrix P(n * n), SP(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double hat = 0;
      for (std::size_t a = 0; a < k; ++a) {
        for (std::size_t b = 0; b < k; ++b) hat += J[i * k + a] * (*inverse)[a * k + b] * J[j * k + b];
      }
      P[i * n + j] = (i == j ? w[i] : 0) - w[i] * hat * w[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t m = 0; m < n; ++m) SP[i * n + j] += sigma[i * n + m] * P[m * n + j];
    }
  }
  double trace = 0, square = 0;
  for (std::size_t i = 0; i < n; ++i) {
    trace += SP[i * n + i];
    for (std::size_t j = 0; j < n; ++j) square += SP[i * n + j] * SP[j * n + i];
  }
  if (data_.binomial()) {
    dispersion_ = std::clamp(trace / freedom(), 0.02, 20.0);
    spread_ = square / std::max(trace, 1e-12);
    scale_ = dispersion_;
  }
  if (!held) return;
  double naive = (*inverse)[0], whole = 0;
  for (std::size_t a = 0; a < k; ++a) {
    for (std::size_t b = 0; b < k; ++b) whole += (*inverse)[a] * B[a * k + b] * (*inverse)[b * k];
  }
  if (naive > 0 && whole > 0 && std::isfinite(whole / naive))
    scale_ = data_.binomial() ? std::clamp(whole / naive, 0.02, 20.0) : std::max(1.0, whole / naive);
}

std::optional<double> DecayFit::goodness() const {
  if (!data_.binomial()) return std::nullopt;
  const double mean = dispersion_ * freedom();
  if (!(spread_ > 0)) return deviance_ > 1e-9 ? std::nullopt : std::optional(1.0);
  const boost::math::chi_squared distribution(std::max(0.1, mean / spread_));
  return boost::math::cdf(boost::math::complement(distribution, deviance_ / spread_));
}

double DecayFit::profile(double half_life) const {
  if (form_.shape == DecayShape::constant) return kInfinite;
  const auto predict = [&](const Parameters& x) { return predictions(held_values(x, half_life)); };
  const auto deviance = [this](const std::vector<double>& p) { return deviance_of(p); };
  const Problem problem{data_.y, predict, deviance, [this](double p) { return weight(p); }};
  const double least = least_share(data_);
  const auto at = [&](double share, double width) {
    Parameters x{parameter_of_start(data_, values_.start)};
    if (form_.floor) x.push_back(logit((std::min(share, 0.49) - least) / (0.499 - least)));
    if (form_.has_width()) x.push_back(parameter_of_width(width));
    return problem.minimise(x).value;
  };
  double best = at(values_.share, values_.width);
  if (form_.floor) best = std::min(best, at(0.02, values_.width));
  if (form_.has_width()) best = std::min(best, at(values_.share, values_.width > 0.5 ? 0.2 : 0.9));
  return std::max(best, deviance_);
}

double DecayFit::root(double half_life) const {
  const double fitted = this->half_life();
  if (!std::isfinite(fitted) && form_.shape == DecayShape::constant) return -kInfinite;
  const double held = profile(half_life);
  const double ratio = data_.binomial() ? held - deviance_ : freedom() * (held / deviance_ - 1);
  const double size = std::sqrt(std::max(0.0, ratio) / scale_);
  return half_life < fitted ? -size : size;
}

}  // namespace evobrnn
