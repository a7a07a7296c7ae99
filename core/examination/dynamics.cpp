// SPDX-License-Identifier: Apache-2.0
#include "core/examination/dynamics.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace evobrnn {
namespace {

constexpr int kMostIterations = 60;
constexpr double kSamePoint = 1e-3;  // root mean square distance over the state's entries
constexpr std::int64_t kComponents = 10, kShown = 3;

double root_mean_square(const at::Tensor& v) { return v.square().mean().sqrt().item<double>(); }

/// Levenberg–Marquardt on F(s) − s.
FixedPoint settle(const StateMap& map, at::Tensor s) {
  const auto residual = [&](const at::Tensor& at) { return map(at.unsqueeze(0)).squeeze(0) - at; };
  const auto I = at::eye(s.numel(), s.options());
  auto f = residual(s);
  double damping = 1e-2;
  for (int i = 0; i < kMostIterations && root_mean_square(f) > 1e-3 * kFixed; ++i) {
    const auto J = map.jacobian(s) - I;
    const auto gradient = at::mv(J.t(), f), normal = at::mm(J.t(), J);
    bool better = false;
    for (int tries = 0; tries < 8 && !better; ++tries) {
      const auto step = at::linalg_solve(normal + damping * I, gradient);
      const auto next = s - step, now = residual(next);
      better = root_mean_square(now) < root_mean_square(f);
      if (better) {
        s = next;
        f = now;
      }
      damping = better ? std::max(damping / 10, 1e-14) : damping * 10;
    }
    if (!better) break;
  }
  FixedPoint point;
  point.s = s;
  point.speed = root_mean_square(f);
  return point;
}

void add_eigenvalues(const StateMap& map, FixedPoint& point) {
  const auto values = at::linalg_eigvals(map.jacobian(point.s));
  const auto order = values.abs().argsort(0, true);
  point.eigenvalues = values.index_select(0, order);
  point.largest = point.eigenvalues[0].abs().item<double>();
}

double real_of(const at::Tensor& value) { return at::real(value).item<double>(); }
double imaginary_of(const at::Tensor& value) { return at::imag(value).item<double>(); }

void add_spectrum(const Subject& subject, Examination& examination) {
  const auto W = subject.network().model().recurrent_weights().detach().to(at::kDouble);
  const auto values = at::linalg_eigvals(W);
  FigureTable figure{"spectrum", "Eigenvalues of the recurrent weights W", {"real", "imaginary"}, {}};
  for (std::int64_t i = 0; i < values.numel(); ++i)
    figure.rows.push_back({real_of(values[i]), imaginary_of(values[i])});
  examination.figures.push_back(std::move(figure));
  examination.numbers["spectrum.radius"] = values.abs().max().item<double>();
}

/// Directions [n, components] and centre [n] of the rates.
struct Components {
  at::Tensor centre, directions, shares;
};

Components add_components(const Activity& activity, Examination& examination) {
  const auto n = activity.r.size(2);
  const auto states = activity.r.to(at::kDouble).reshape({-1, n});
  Components components;
  components.centre = states.mean(0);
  const auto centred = states - components.centre;
  const auto [variances, vectors] = at::linalg_eigh(at::mm(centred.t(), centred) / static_cast<double>(states.size(0)));
  components.shares = (variances / variances.sum().clamp_min(1e-300)).flip(0);
  components.directions = vectors.flip(1);
  // A direction and its opposite are the same; the largest entry is made positive.
  const auto largest = components.directions.gather(0, components.directions.abs().argmax(0, true));
  components.directions = components.directions * largest.sign();
  FigureTable figure{"components",
                     "Share of the variance of the rates, over samples and steps, along each principal component",
                     {"component", "share", "sum"},
                     {}};
  double sum = 0;
  for (std::int64_t i = 0; i < std::min(kComponents, n); ++i) {
    sum += components.shares[i].item<double>();
    figure.rows.push_back({static_cast<double>(i + 1), components.shares[i].item<double>(), sum});
  }
  examination.figures.push_back(std::move(figure));
  const double dimension = (1 / components.shares.square().sum()).item<double>();
  examination.numbers["components.participation"] = dimension;
  examination.findings.push_back(fmt::format(
      "The trajectories fill {:.1f} dimensions (participation ratio); the first "
      "three components hold {:.0f} % of the variance.",
      dimension, 100 * examination.figures.back().rows[std::min<std::size_t>(2, static_cast<std::size_t>(n) - 1)][2]));
  return components;
}

std::vector<double> projected(const Components& components, const at::Tensor& r) {
  const auto along = at::mv(components.directions.t(), r.to(at::kDouble) - components.centre);
  std::vector<double> values;
  for (std::int64_t i = 0; i < kShown; ++i) values.push_back(i < along.numel() ? along[i].item<double>() : 0);
  return values;
}

/// The mean path of each item, or of all samples.
void add_paths(const Activity& activity, const Components& components, Examination& examination) {
  FigureTable figure{"paths",
                     "Mean path of each item's samples along the first three principal components",
                     {"item", "step", "component 1", "component 2", "component 3"},
                     {}};
  const auto items = activity.items.defined() ? activity.items : at::zeros({activity.r.size(1)}, at::kLong);
  for (std::int64_t item = 0; item <= items.max().item<std::int64_t>(); ++item) {
    const auto chosen = items.eq(item).nonzero().reshape({-1});
    if (chosen.numel() == 0) continue;
    for (std::size_t t = 0; t < activity.times.size(); ++t) {
      std::vector<double> row{static_cast<double>(item), static_cast<double>(activity.times[t])};
      const auto mean = activity.r[static_cast<std::int64_t>(t)].index_select(0, chosen).to(at::kDouble).mean(0);
      for (const double value : projected(components, mean)) row.push_back(value);
      figure.rows.push_back(std::move(row));
    }
  }
  examination.figures.push_back(std::move(figure));
}

/// States from all along the recorded pass, in double precision.
at::Tensor starts_from(const Subject& subject, const Activity& activity, std::int64_t count) {
  const auto times = activity.r.size(0), samples = activity.r.size(1);
  std::vector<at::Tensor> starts;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto t = (i * times) / count, sample = (i * 7) % samples;
    auto state = subject.network().model().initial_state(1);
    state.r = activity.r[t][sample].to(at::kDouble).unsqueeze(0);
    if (state.u.defined()) {
      state.u = activity.u.unsqueeze(0);
      state.x_s = activity.x_s.unsqueeze(0);
    }
    for (auto& own : state.own) own = own.to(at::kDouble);
    starts.push_back(StateMap::joined(state).squeeze(0));
  }
  return at::stack(starts);
}

void add_fixed_points(const Subject& subject, const Activity& activity, const Components& components,
                      const ExaminationOptions& options, Examination& examination) {
  const auto network = subject.in_double();
  const StateMap map(*network, at::zeros({subject.shape().n_in}, at::kDouble));
  const auto points = find_fixed_points(map, starts_from(subject, activity, options.fixed_point_starts));
  FigureTable figure{"fixed_points",
                     "Points where the state stands still or nearly so on blank input: speed per step, largest "
                     "modulus of the Jacobian's eigenvalues (stable under 1), the time constant of its slowest mode, "
                     "and where they lie along the principal components",
                     {"point", "speed", "fixed", "largest modulus", "unstable directions",
                      "slowest time constant, steps", "component 1", "component 2", "component 3"},
                     {}};
  FigureTable eigenvalues{
      "eigenvalues", "Eigenvalues of the Jacobian at the fixed and slow points", {"point", "real", "imaginary"}, {}};
  std::size_t fixed = 0, stable = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& point = points[i];
    const auto moduli = point.eigenvalues.abs();
    const auto below = moduli.masked_select(moduli.lt(1));
    const double slowest = below.numel() > 0 ? -1 / std::log(below.max().item<double>()) : std::nan("");
    const auto name = static_cast<double>(i + 1);
    const bool is_fixed = point.speed < kFixed;
    fixed += is_fixed;
    stable += is_fixed && point.largest < 1;
    std::vector<double> row{name,   point.speed, is_fixed ? 1.0 : 0.0, point.largest, moduli.gt(1).sum().item<double>(),
                            slowest};
    for (const double value : projected(components, point.s.slice(0, 0, subject.settings().model.n)))
      row.push_back(value);
    figure.rows.push_back(std::move(row));
    for (std::int64_t k = 0; k < point.eigenvalues.numel(); ++k)
      eigenvalues.rows.push_back({name, real_of(point.eigenvalues[k]), imaginary_of(point.eigenvalues[k])});
  }
  examination.numbers["fixed_points.fixed"] = static_cast<double>(fixed);
  examination.numbers["fixed_points.stable"] = static_cast<double>(stable);
  examination.numbers["fixed_points.slow"] = static_cast<double>(points.size() - fixed);
  examination.findings.push_back(
      fmt::format("On blank input {} fixed point{} {} found, {} of them stable, and {} slow one{}, in {} searches.",
                  fixed, fixed == 1 ? "" : "s", fixed == 1 ? "was" : "were", stable, points.size() - fixed,
                  points.size() - fixed == 1 ? "" : "s", options.fixed_point_starts));
  examination.figures.push_back(std::move(figure));
  examination.figures.push_back(std::move(eigenvalues));
}

}  // namespace

StateMap::StateMap(const Network& network, const at::Tensor& input)
    : network_(network), input_(input), start_(network.model().initial_state(1)), size_(joined(start_).size(1)) {}

at::Tensor StateMap::joined(const State& state) {
  std::vector<at::Tensor> parts;
  for (const auto& part : {state.r, state.u, state.x_s}) {
    if (part.defined()) parts.push_back(part);
  }
  for (const auto& own : state.own) parts.push_back(own.flatten(1));
  return parts.size() == 1 ? state.r : at::cat(parts, 1);
}

at::Tensor StateMap::operator()(const at::Tensor& s) const {
  std::int64_t place = 0;
  const auto taken = [&](const at::Tensor& like) {
    auto sizes = like.sizes().vec();
    sizes[0] = s.size(0);
    const auto part = s.narrow(1, std::exchange(place, place + like.numel()), like.numel());
    return like.dim() == 2 ? part : part.reshape(sizes);
  };
  State state;
  state.r = taken(start_.r);
  if (start_.u.defined()) {
    state.u = taken(start_.u);
    state.x_s = taken(start_.x_s);
  }
  for (const auto& own : start_.own) state.own.push_back(taken(own));
  const auto step = network_.model().unroll(input_.expand({1, s.size(0), input_.numel()}));
  return joined(step(state, 0));
}

at::Tensor StateMap::jacobian(const at::Tensor& s) const {
  at::AutoGradMode with_gradient(true);
  // A copy of the state for each row: the gradient of row i's own entry i is row i of the Jacobian.
  auto copies = s.detach().expand({size(), size()}).contiguous().requires_grad_(true);
  const auto next = (*this)(copies);
  next.backward(at::eye(size(), s.options()), c10::nullopt, false, at::TensorList(copies));
  return copies.grad().detach();
}

std::vector<FixedPoint> find_fixed_points(const StateMap& map, const at::Tensor& starts) {
  at::NoGradGuard no_grad;
  std::vector<FixedPoint> points;
  for (std::int64_t i = 0; i < starts.size(0); ++i) {
    auto point = settle(map, starts[i]);
    if (!(point.speed < kSlow)) continue;
    const auto same = std::find_if(points.begin(), points.end(), [&](const FixedPoint& other) {
      return root_mean_square(other.s - point.s) < kSamePoint;
    });
    if (same == points.end()) points.push_back(std::move(point));
    else if (point.speed < same->speed) *same = std::move(point);
  }
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.speed < b.speed; });
  for (auto& point : points) add_eigenvalues(map, point);
  return points;
}

void add_dynamics(const Subject& subject, const Activity& activity, const ExaminationOptions& options,
                  Examination& examination) {
  at::NoGradGuard no_grad;
  const auto components = add_components(activity, examination);
  add_paths(activity, components, examination);
  add_fixed_points(subject, activity, components, options, examination);
  add_spectrum(subject, examination);
}

}  // namespace evobrnn
