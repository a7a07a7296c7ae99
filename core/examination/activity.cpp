// SPDX-License-Identifier: Apache-2.0
#include "core/examination/activity.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/examination/decay.hpp"
#include "core/examination/memory_curves.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

constexpr std::uint64_t kSeed = 22;
constexpr std::int64_t kMostValues = 60'000'000;  // of the drive of a whole pass, which a step-by-step pass holds
constexpr double kDead = 0.05, kSaturated = 0.95;
constexpr int kBins = 20;

std::vector<double> to_reals(const at::Tensor& tensor) {
  const auto values = tensor.to(at::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

/// `count` steps over 1 … fed, and delays after it, the trained one among them.
std::vector<std::int64_t> kept_times(std::int64_t fed, std::int64_t trained, std::int64_t blank, std::int64_t count) {
  std::vector<std::int64_t> times;
  for (std::int64_t i = 1; i <= count; ++i) {
    const auto t = std::max<std::int64_t>(1, fed * i / count);
    if (times.empty() || t != times.back()) times.push_back(t);
  }
  for (const auto delay : with_delay(delays_up_to(blank), trained)) {
    if (delay > 0) times.push_back(fed + delay);
  }
  return times;
}

/// Sums that become the mean, deviation and range of each unit.
struct Moments {
  at::Tensor sum, squares, largest, smallest;
  double count = 0;

  void add(const at::Tensor& values) {
    const auto wide = values.to(at::kDouble);
    const auto now_largest = std::get<0>(wide.max(0)), now_smallest = std::get<0>(wide.min(0));
    sum = sum.defined() ? sum + wide.sum(0) : wide.sum(0);
    squares = squares.defined() ? squares + wide.square().sum(0) : wide.square().sum(0);
    largest = largest.defined() ? at::maximum(largest, now_largest) : now_largest;
    smallest = smallest.defined() ? at::minimum(smallest, now_smallest) : now_smallest;
    count += static_cast<double>(values.size(0));
  }
  at::Tensor mean() const { return sum.defined() ? sum / count : at::Tensor(); }
  at::Tensor deviation() const { return (squares / count - mean().square()).clamp_min(0).sqrt(); }
};

/// The spread of states over samples, root mean square over samples and units, at each time from `from` on.
struct Spread {
  std::vector<double> t, y;
  at::Tensor states;  ///< [times, batch, n] double
};

Spread spread_of(const Activity& activity, const at::Tensor& states) {
  Spread spread;
  std::vector<at::Tensor> kept;
  for (std::size_t i = 0; i < activity.times.size(); ++i) {
    if (activity.times[i] < activity.fed) continue;
    spread.t.push_back(static_cast<double>(activity.times[i] - activity.fed));
    kept.push_back(states[static_cast<std::int64_t>(i)].to(at::kDouble));
  }
  spread.states = at::stack(kept);
  spread.y = to_reals(spread.states.var(1, false).mean(1).sqrt());
  return spread;
}

void add_trace(const std::string& name, const std::string& what, const Activity& activity, const at::Tensor& states,
               const ExaminationOptions& options, Examination& examination) {
  const auto spread = spread_of(activity, states);
  FigureTable figure{name,
                     "How far " + what +
                         " differs between samples (standard deviation), in blank steps after "
                         "the input",
                     {"blank steps", "spread"},
                     {},
                     {},
                     delay_marks(activity, 0)};
  for (std::size_t i = 0; i < spread.t.size(); ++i) figure.rows.push_back({spread.t[i], spread.y[i]});
  examination.figures.push_back(std::move(figure));
  if (spread.t.size() < 4 || spread.y.front() <= 0) return;
  const auto samples = spread.states.size(1);
  const auto resampled = [&](std::mt19937_64& random) {
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(samples));
    std::uniform_int_distribution<std::int64_t> any(0, samples - 1);
    for (auto& index : drawn) index = any(random);
    // A mean of squares about the drawn mean, without copying the states.
    const auto weight = at::bincount(at::tensor(drawn, at::kLong), {}, samples).to(at::kDouble).view({1, samples, 1});
    const auto n = static_cast<double>(samples);
    const auto mean = (spread.states * weight).sum(1, true) / n;
    return to_reals((((spread.states - mean).square() * weight).sum(1) / n).mean(1).sqrt());
  };
  const auto decay =
      fit_decay(name, spread.t, spread.y, resampled, std::min<std::int64_t>(options.resamples, 100), kSeed);
  examination.findings.push_back(fmt::format("What tells samples apart in {} {}.", what, half_life_text(decay)));
  if (!decay.warning.empty()) examination.findings.push_back("Warning: " + decay.warning);
  examination.decays.push_back(decay);
}

FigureTable histogram(const std::string& name, const std::string& title, const at::Tensor& values) {
  const auto wide = values.to(at::kDouble).reshape({-1});
  const double low = std::min(0.0, wide.min().item<double>()), high = std::max(1e-9, wide.max().item<double>());
  const auto counts = at::histc(wide, kBins, low, high);
  FigureTable figure{name, title, {"from", "to", "share"}, {}};
  const double width = (high - low) / kBins;
  const auto all = counts.sum().item<double>();
  for (int i = 0; i < kBins; ++i)
    figure.rows.push_back({low + i * width, low + (i + 1) * width, counts[i].item<double>() / all});
  return figure;
}

/// Steps until a unit's autocorrelation over the fed steps falls under 1/e, averaged over samples; [n], NaN for a unit
/// that never changes. Needs the rates of every step: `rates` [steps, batch, n].
at::Tensor autocorrelation_time(const at::Tensor& rates) {
  const auto steps = rates.size(0);
  const auto centred = rates.to(at::kDouble) - rates.to(at::kDouble).mean(0, true);
  const auto variance = centred.square().mean(0).mean(0);
  auto time = at::full_like(variance, static_cast<double>(steps));
  for (std::int64_t lag = steps - 1; lag >= 1; --lag) {
    const auto product =
        (centred.slice(0, 0, steps - lag) * centred.slice(0, lag)).sum(0).mean(0) / static_cast<double>(steps);
    time = at::where((product / variance).lt(std::exp(-1.0)), at::full_like(time, static_cast<double>(lag)), time);
  }
  return at::where(variance.gt(1e-12), time, at::full_like(time, std::nan("")));
}

/// A copy of the first samples' states.
State first_samples(const State& state, std::int64_t count) {
  const auto first = [count](const at::Tensor& of) { return of.defined() ? of.slice(0, 0, count).clone() : of; };
  State kept{first(state.r), first(state.z), first(state.u), first(state.x_s)};
  for (const auto& own : state.own) kept.own.push_back(first(own));
  return kept;
}

}  // namespace

std::map<std::string, double> delay_marks(const Activity& activity, std::int64_t end_of_input) {
  std::map<std::string, double> marks{{"end of input", static_cast<double>(end_of_input)}};
  if (activity.delay > 0) marks["trained"] = static_cast<double>(end_of_input + activity.delay);
  return marks;
}

Activity record_activity(const Subject& subject, std::int64_t samples, std::int64_t blank, std::int64_t count) {
  at::NoGradGuard no_grad;
  const auto n = subject.settings().model.n;
  Activity activity;
  const auto delay = subject.delay();
  activity.fed = std::max<std::int64_t>(1, delay.begin);
  activity.delay = std::max<std::int64_t>(0, delay.end - activity.fed);
  blank = std::max(blank, activity.delay);
  const auto steps = activity.fed + blank;
  samples = std::clamp<std::int64_t>(kMostValues / (steps * std::max(n, subject.shape().n_in)), 8, samples);
  const auto batch = subject.test_batch(samples);
  activity.items = Subject::items(batch);
  const auto x = batch.x.slice(
      0, 0, activity.fed + activity.delay);  // shorter where the trained delay is not in the test's sequences
  activity.x = at::cat({x, subject.delay_input().expand({steps - x.size(0), x.size(1), x.size(2)})});
  activity.times = kept_times(activity.fed, activity.delay, blank, count);

  std::vector<at::Tensor> r, synapses;
  Moments rates, z, u, x_s;
  std::int64_t t = 0;
  std::size_t next = 0;
  PassOptions options;
  options.noise = make_generator(kSeed);
  options.reset = batch.reset;
  options.record = [&](const State& state) {
    ++t;
    if (t <= activity.fed) {
      rates.add(state.r);
      if (state.z.defined()) z.add(state.z);
      if (state.u.defined()) u.add(state.u);
      if (state.x_s.defined()) x_s.add(state.x_s);
    }
    if (next == activity.times.size() || activity.times[next] != t) return;
    ++next;
    r.push_back(state.r.clone());
    if (state.u.defined()) synapses.push_back(state.u * state.x_s);
    activity.states.push_back(first_samples(state, kWholeStates));
  };
  subject.network().run(activity.x, options);
  activity.r = at::stack(r);
  if (!synapses.empty()) activity.synapses = at::stack(synapses);
  activity.z = z.mean();
  activity.u = u.mean();
  activity.x_s = x_s.mean();
  activity.r_mean = rates.mean();
  activity.r_sd = rates.deviation();
  activity.r_max = rates.largest;
  activity.r_min = rates.smallest;
  return activity;
}

void add_traces(const Activity& activity, const ExaminationOptions& options, Examination& examination) {
  add_trace("trace", "the rates r", activity, activity.r, options, examination);
  if (activity.synapses.defined())
    add_trace("trace_synapses", "the synapses u·x", activity, activity.synapses, options, examination);
}

SilentUnits silent_units(const at::Tensor& smallest, const at::Tensor& largest) {
  const auto size = at::maximum(smallest.abs(), largest.abs());
  const auto least = at::where(smallest.sign() * largest.sign() > 0, at::minimum(smallest.abs(), largest.abs()),
                               at::zeros_like(smallest));
  return {size.lt(kDead).to(at::kDouble).mean().item<double>(),
          least.gt(kSaturated).to(at::kDouble).mean().item<double>()};
}

void add_units(const Subject& subject, const Activity& activity, Examination& examination) {
  at::NoGradGuard no_grad;
  const auto& model = subject.network().model();
  const auto n = activity.r_mean.size(0);
  const auto W = model.recurrent_weights().detach().to(at::kDouble);
  auto sending = activity.r_mean;
  if (activity.u.defined()) sending = sending * activity.u * activity.x_s;
  const auto excitation = at::mv(W.clamp_min(0), sending), inhibition = at::mv((-W).clamp_min(0), sending);
  // Where rates can be negative, excitation may inhibit: there is no balance then.
  const auto balance = at::where(at::minimum(excitation, inhibition) >= 0,
                                 (excitation - inhibition) / (excitation + inhibition).clamp_min(1e-12),
                                 at::full_like(excitation, std::nan("")));
  const auto constant = activity.z.defined() ? -1 / at::log1p(-activity.z) : at::full({n}, std::nan(""), at::kDouble);
  const auto step_ms = subject.step_ms();

  const auto few = activity.x.slice(0, 0, activity.fed).slice(1, 0, 32);
  PassOptions all;
  all.keep_rates = true;
  const auto rates = subject.network().run(few.contiguous(), all).rates;
  const auto memory = rates.size(0) <= 1024 ? autocorrelation_time(rates) : at::full({n}, std::nan(""), at::kDouble);

  FigureTable units{
      "units",
      "Each unit: its rate over samples and steps, its time constant −1/ln(1 − z) of its mean z, its mean "
      "excitatory and inhibitory drive, their balance (0: equal, 1: excitation alone), and its "
      "autocorrelation time",
      {"unit", "excitatory", "mean rate", "standard deviation", "time constant, steps", "excitation", "inhibition",
       "balance", "autocorrelation time, steps"},
      {}};
  if (step_ms) units.columns.push_back("time constant, ms");
  for (std::int64_t i = 0; i < n; ++i) {
    const auto at = [i](const at::Tensor& tensor) { return tensor[i].item<double>(); };
    units.rows.push_back({static_cast<double>(i), i < model.dale().n_excitatory ? 1.0 : 0.0, at(activity.r_mean),
                          at(activity.r_sd), at(constant), at(excitation), at(inhibition), at(balance), at(memory)});
    if (step_ms) units.rows.back().push_back(at(constant) * *step_ms);
  }
  examination.figures.push_back(std::move(units));
  examination.figures.push_back(
      histogram("rates_histogram", "Rates r over units, samples and the times looked at", activity.r));
  if (activity.z.defined())
    examination.figures.push_back(
        histogram("z_histogram", "Mean z of each unit: the share of r that a step replaces", activity.z));

  // Drift: how far the state moves in a step of blank input, root mean square over units.
  FigureTable drift{"drift",
                    "How fast the rates move in blank steps after the input, root mean square over units",
                    {"blank steps", "speed per step"},
                    {},
                    {},
                    delay_marks(activity, 0)};
  for (std::size_t i = 1; i < activity.times.size(); ++i) {
    if (activity.times[i - 1] < activity.fed) continue;
    const auto here = static_cast<std::int64_t>(i);
    const double moved =
        (activity.r[here] - activity.r[here - 1]).to(at::kDouble).square().mean().sqrt().item<double>();
    drift.rows.push_back({static_cast<double>(activity.times[i] - activity.fed),
                          moved / static_cast<double>(activity.times[i] - activity.times[i - 1])});
  }
  examination.figures.push_back(std::move(drift));

  const auto silent = silent_units(activity.r_min, activity.r_max);
  examination.numbers["rates.mean"] = activity.r_mean.mean().item<double>();
  examination.numbers["rates.dead"] = silent.dead;
  examination.numbers["rates.saturated"] = silent.saturated;
  if (const auto mean = balance.nanmean().item<double>(); std::isfinite(mean))
    examination.numbers["balance.mean"] = mean;
  if (activity.z.defined()) {
    const auto median = constant.median().item<double>();
    examination.numbers["time_constant.median_steps"] = median;
    examination.findings.push_back(fmt::format(
        "Time constants of the units, −1/ln(1 − z) of their mean z: median {:.3g} steps{}, from {:.3g} to {:.3g}.",
        median, step_ms ? fmt::format(" ({:.3g} ms at {:g} ms a step)", median * *step_ms, *step_ms) : std::string(),
        constant.min().item<double>(), constant.max().item<double>()));
  }
  if (silent.dead + silent.saturated > 0.2)
    examination.findings.push_back(
        fmt::format("Warning: {:.0f} % of the units are dead (rate never over {}), {:.0f} % "
                    "saturated (never under {}).",
                    100 * silent.dead, kDead, 100 * silent.saturated, kSaturated));
}

}  // namespace evobrnn
