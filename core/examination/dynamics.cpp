// SPDX-License-Identifier: Apache-2.0
#include "core/examination/dynamics.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evobrnn {
namespace {

constexpr std::int64_t kComponents = 10, kShown = 3;
constexpr double kAtRest = 1e-6;         // speed at the end of a long run
constexpr std::int64_t kLongRun = 5000;  // steps, on the input of the delay

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

/// In double precision.
State widened(State state) {
  for (auto* part : {&state.r, &state.u, &state.x_s}) {
    if (part->defined()) *part = part->to(at::kDouble);
  }
  for (auto& own : state.own) own = own.to(at::kDouble);
  return state;
}

/// Starts of searches: `count` whole states, half of them from all along the recorded pass, the others from where long
/// runs end (those that differ), and what these leave over from along the pass again.
at::Tensor starts_from(const Activity& activity, const at::Tensor& ends, std::int64_t count) {
  auto different = distinct(ends);
  different = different.slice(0, 0, count / 2);
  count -= different.size(0);
  std::vector<at::Tensor> starts{different};
  const auto times = static_cast<std::int64_t>(activity.states.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto joined = StateMap::joined(widened(activity.states[static_cast<std::size_t>((i * times) / count)]));
    starts.push_back(joined.narrow(0, (i * 7) % joined.size(0), 1));
  }
  return at::cat(starts);
}

/// For each point the share of runs that end there.
std::vector<double> arrivals(const FixedPoints& found, const at::Tensor& ends) {
  std::vector<double> shares;
  for (const auto& point : found.points)
    shares.push_back(sizes_of_rows(ends - point.s).lt(kSamePoint).to(at::kDouble).mean().item<double>());
  return shares;
}

std::string plural(std::int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// How the searches ended, and what long runs came to, in sentences.
std::string text_of(const FixedPoints& found, std::int64_t fixed, std::int64_t stable, bool blank, std::int64_t reached,
                    double at_rest, std::int64_t runs) {
  const auto slow = static_cast<std::int64_t>(found.points.size()) - fixed;
  const auto& ends = found.ends;
  auto text =
      fmt::format("On {} {} found, {} of them stable, and {}, in {}", blank ? "blank input" : "the delay's input",
                  plural(fixed, "fixed point") + (fixed == 1 ? " was" : " were"), stable, plural(slow, "slow one"),
                  plural(ends.fixed + ends.resting + ends.capped + ends.outside, "search"));
  if (text.ends_with("searchs")) text.replace(text.size() - 1, 1, "es");
  if (ends.capped > 0)
    text += fmt::format("; {} ended at the limit of {} iterations and tell nothing", ends.capped, kDescent + kPolish);
  if (ends.outside > 0)
    text += fmt::format("; {} ended at the border of the possible states, where nothing stands still, and were dropped",
                        ends.outside);
  if (at_rest > 0)
    text += fmt::format(". In runs of at most {} steps {:.0f} of {} samples come to rest, at {}", kLongRun,
                        at_rest * static_cast<double>(runs), runs,
                        reached == 1 ? "one point" : fmt::format("{} different points", reached));
  else text += fmt::format(". No sample comes to rest within {} steps", kLongRun);
  return text + ".";
}

void add_fixed_points(const Subject& subject, const Activity& activity, const Components& components,
                      const ExaminationOptions& options, Examination& examination) {
  const auto network = subject.in_double();
  const auto input = subject.delay_input().to(at::kDouble);
  const StateMap map(*network, input);
  const auto ends = run_on(map, StateMap::joined(widened(activity.states.back())), kLongRun);
  const auto found = find_fixed_points(map, starts_from(activity, ends, options.fixed_point_starts),
                                       state_bounds(subject.settings().model, map));
  const auto resting = ends.index({sizes_of_rows(map(ends) - ends).lt(kAtRest)});
  const auto reached = distinct(resting).size(0);
  const auto shares = arrivals(found, ends);

  FigureTable figure{
      "fixed_points",
      "Points where the whole state stands still or nearly so on constant input, that of the delay: speed "
      "per step, largest modulus of the Jacobian's eigenvalues (stable under 1), the time constant "
      "−1/ln|λ| of its slowest fading mode, where they lie along the principal components, and how many "
      "samples come to rest there",
      {"point", "speed", "fixed", "largest modulus", "unstable directions", "slowest time constant, steps",
       "component 1", "component 2", "component 3", "share of samples that come to rest there"},
      {}};
  FigureTable eigenvalues{
      "eigenvalues", "Eigenvalues of the Jacobian at the fixed and slow points", {"point", "real", "imaginary"}, {}};
  std::int64_t fixed = 0, stable = 0;
  for (std::size_t i = 0; i < found.points.size(); ++i) {
    const auto& point = found.points[i];
    const auto moduli = point.eigenvalues.abs();
    const auto below = moduli.masked_select(moduli.lt(1));
    const double slowest = below.numel() > 0 ? time_constant(below.max().item<double>()) : std::nan("");
    const auto name = static_cast<double>(i + 1);
    const bool is_fixed = point.speed < kFixed;
    fixed += is_fixed;
    stable += is_fixed && point.largest < 1;
    std::vector<double> row{name,   point.speed, is_fixed ? 1.0 : 0.0, point.largest, moduli.gt(1).sum().item<double>(),
                            slowest};
    for (const double value : projected(components, point.s.slice(0, 0, subject.settings().model.n)))
      row.push_back(value);
    row.push_back(shares[i]);
    figure.rows.push_back(std::move(row));
    for (std::int64_t k = 0; k < point.eigenvalues.numel(); ++k)
      eigenvalues.rows.push_back({name, real_of(point.eigenvalues[k]), imaginary_of(point.eigenvalues[k])});
  }
  auto& numbers = examination.numbers;
  const auto& searches = found.ends;
  numbers["fixed_points.fixed"] = static_cast<double>(fixed);
  numbers["fixed_points.stable"] = static_cast<double>(stable);
  numbers["fixed_points.slow"] = static_cast<double>(found.points.size()) - static_cast<double>(fixed);
  numbers["fixed_points.searches"] =
      static_cast<double>(searches.fixed + searches.resting + searches.capped + searches.outside);
  numbers["fixed_points.converged"] = static_cast<double>(searches.fixed);
  numbers["fixed_points.resting"] = static_cast<double>(searches.resting);
  numbers["fixed_points.capped"] = static_cast<double>(searches.capped);
  numbers["fixed_points.outside"] = static_cast<double>(searches.outside);
  numbers["fixed_points.reached"] = static_cast<double>(reached);
  const double at_rest = static_cast<double>(resting.size(0)) / static_cast<double>(ends.size(0));
  numbers["fixed_points.at_rest"] = at_rest;
  examination.findings.push_back(
      text_of(found, fixed, stable, !input.any().item<bool>(), reached, at_rest, ends.size(0)));
  examination.figures.push_back(std::move(figure));
  examination.figures.push_back(std::move(eigenvalues));
}

}  // namespace

void add_dynamics(const Subject& subject, const Activity& activity, const ExaminationOptions& options,
                  Examination& examination) {
  at::NoGradGuard no_grad;
  const auto components = add_components(activity, examination);
  add_paths(activity, components, examination);
  add_fixed_points(subject, activity, components, options, examination);
  add_spectrum(subject, examination);
}

}  // namespace evobrnn
