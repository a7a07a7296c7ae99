// SPDX-License-Identifier: Apache-2.0
/// The examination of trained networks, on networks whose memory is known because they were built by hand.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/examination/activity.hpp"
#include "core/examination/decay.hpp"
#include "core/examination/decoding.hpp"
#include "core/examination/dynamics.hpp"
#include "core/examination/lesions.hpp"
#include "core/examination/memory_curves.hpp"
#include "core/examination/memory_site.hpp"
#include "core/examination/recorder.hpp"
#include "core/io/safetensors.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TrialSpec spec_of(const std::string& model, std::int64_t n = 12, const std::string& task = "digits") {
  TrialSpec spec;
  spec.settings.model.name = model;
  spec.settings.model.n = n;
  spec.settings.model.dale = false;
  spec.settings.model.a_kind = "constant";
  spec.settings.task.name = task;
  spec.settings.task.train_samples = 64;
  spec.settings.task.validation_samples = 64;
  spec.settings.task.test_samples = 200;
  spec.settings.train.batch = 32;
  spec.seed = 5;
  return spec;
}

/// The weights of a network after `change`.
std::string weights_of(const TrialSpec& spec, const std::function<void(Network&)>& change = {}) {
  const auto data = make_data_store();
  const auto shape = make_task(spec.settings.task, *data)->shape();
  Network network(spec.settings.model,
                  {shape.n_in, shape.n_out, spec.settings.train.precision == "float64" ? at::kDouble : at::kFloat,
                   at::kCPU, 1, Path::reference});
  at::NoGradGuard no_grad;
  if (change) change(network);
  return network.save();
}

const Decay& decay_of(const Examination& examination, const std::string& name) {
  for (const auto& decay : examination.decays) {
    if (decay.name == name) return decay;
  }
  throw std::out_of_range("no decay of " + name);
}

const FigureTable& figure_of(const Examination& examination, const std::string& name) {
  for (const auto& figure : examination.figures) {
    if (figure.name == name) return figure;
  }
  throw std::out_of_range("no figure " + name);
}

std::vector<double> times() { return {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}; }

Decay fit(const std::function<double(double)>& y) {
  std::vector<double> values;
  for (const double t : times()) values.push_back(y(t));
  return fit_decay("test", times(), values, {}, 100, 1);
}

TEST(Decay, EachFormIsToldAndItsHalfLifeFound) {
  const auto exponential = fit([](double t) { return 0.7 * std::exp2(-t / 5); });
  EXPECT_EQ(exponential.form, "exponential");
  EXPECT_NEAR(exponential.half_life, 5, 1e-4);
  EXPECT_NEAR(exponential.start, 0.7, 1e-5);
  EXPECT_FALSE(exponential.stable);
  const auto power = fit([](double t) { return std::pow(1 + t, -0.5); });
  EXPECT_EQ(power.form, "power");
  EXPECT_NEAR(power.half_life, 3, 1e-4);
  const auto logistic = fit([](double t) { return 1 / (1 + std::exp((t - 20) / 2)); });
  EXPECT_EQ(logistic.form, "logistic");
  EXPECT_NEAR(logistic.half_life, 20, 0.05);
  const auto flat = fit([](double) { return 0.9; });
  EXPECT_TRUE(flat.stable);
  EXPECT_TRUE(std::isinf(flat.half_life));
  EXPECT_THAT(half_life_text(flat), HasSubstr("kept to the end, 64 steps"));
}

TEST(Decay, IntervalsCoverTheTruthAsOftenAsTheySay) {
  constexpr int kCurves = 200, kSamples = 100;
  constexpr double kHalfLife = 6;
  int covered = 0;
  for (int i = 0; i < kCurves; ++i) {
    // Each sample is remembered, or not, at each time.
    std::mt19937_64 random(static_cast<std::uint64_t>(i));
    std::vector<std::vector<double>> each;
    for (const double t : times()) {
      std::bernoulli_distribution kept(std::exp2(-t / kHalfLife));
      each.emplace_back();
      for (int s = 0; s < kSamples; ++s) each.back().push_back(kept(random) ? 1 : 0);
    }
    const auto mean = [&](const std::vector<std::size_t>& chosen) {
      std::vector<double> y;
      for (const auto& scores : each) {
        double sum = 0;
        for (const auto s : chosen) sum += scores[s];
        y.push_back(sum / kSamples);
      }
      return y;
    };
    std::vector<std::size_t> all(kSamples);
    std::iota(all.begin(), all.end(), 0U);
    const auto resampled = [&](std::mt19937_64& generator) {
      std::vector<std::size_t> drawn(kSamples);
      for (auto& s : drawn) s = std::uniform_int_distribution<std::size_t>(0, kSamples - 1)(generator);
      return mean(drawn);
    };
    const auto decay = fit_decay("test", times(), mean(all), resampled, 60, 7);
    covered += decay.low <= kHalfLife && kHalfLife <= decay.high;
  }
  EXPECT_GE(covered, 0.88 * kCurves) << "95 % intervals, from few resamples, of a form that is chosen too";
}

TEST(ExaminationOf, ALeakyIntegratorFindsTheHalfLifeOfItsLeak) {
  for (const double z : {0.05, 0.2, 0.5}) {
    auto spec = spec_of("leaky");
    spec.settings.model.z = z;
    spec.settings.train.precision = "float64";
    const Subject subject(spec, weights_of(spec, [](Network& network) { network.parameters().at("W").zero_(); }),
                          nullptr);
    Examination examination;
    ExaminationOptions options;
    options.longest_delay = 64;
    const auto activity = record_activity(subject, 100, 64, 8);
    add_traces(activity, options, examination);
    const auto& decay = decay_of(examination, "trace");
    const double truth = std::log(2) / -std::log(1 - z);
    EXPECT_EQ(decay.form, "exponential");
    EXPECT_LE(decay.low, truth * (1 + 1e-6));
    EXPECT_GE(decay.high, truth * (1 - 1e-6));
    EXPECT_NEAR(decay.half_life, truth, 1e-3 * truth);
    EXPECT_FALSE(decay.stable);
    add_units(subject, activity, examination);
    EXPECT_NEAR(examination.numbers.at("time_constant.median_steps"), -1 / std::log(1 - z), 1e-6);
    EXPECT_NEAR(std::log(2) * examination.numbers.at("time_constant.median_steps"), decay.half_life, 1e-3 * truth)
        << "a half-life is ln 2 of a time constant";
  }
}

/// r ← σ(20 r − 10 + P x): a unit that is once pushed up stays up.
void make_latches(Network& network) {
  auto W = network.parameters().at("W");
  W.zero_().fill_diagonal_(20);
  network.parameters().at("b").fill_(-10);
  network.parameters().at("P").abs_().mul_(1.5);
}

TEST(ExaminationOf, LatchesFindsThemStable) {
  const auto spec = spec_of("vanilla", 30);
  const Subject subject(spec, weights_of(spec, make_latches), nullptr);
  Examination examination;
  ExaminationOptions options;
  const auto activity = record_activity(subject, 100, 200, 8);
  add_traces(activity, options, examination);
  EXPECT_GT(decay_of(examination, "trace").start, 0.05) << "samples differ in what they latched";
  EXPECT_TRUE(decay_of(examination, "trace").stable);
  EXPECT_THAT(examination.findings, Contains(HasSubstr("is kept to the end, 200 steps")));
  add_decoding(activity, examination);
  const auto& rows = figure_of(examination, "decoding").rows;
  EXPECT_EQ(rows.front()[0], 3) << "28 steps in 8 parts";
  EXPECT_NEAR(rows.back()[1], rows[7][1], 0.05) << "what was known at the end of the input is known after 200 steps";
}

TEST(ExaminationOf, PureNoiseDecodesAtChance) {
  auto spec = spec_of("leaky", 20);
  spec.settings.model.recurrent_noise = 1;
  const Subject subject(spec, weights_of(spec, [](Network& network) { network.parameters().at("P").zero_(); }),
                        nullptr);
  Examination examination;
  add_decoding(record_activity(subject, 200, 32, 8), examination);
  const auto& rows = figure_of(examination, "decoding").rows;
  std::size_t above = 0;
  for (const auto& row : rows) above += row[1] > row[4];
  EXPECT_LE(above, rows.size() / 8) << "of " << rows.size() << " times";
  EXPECT_GT(rows.front()[3], 0.09);
}

TEST(ExaminationOf, AnItemThatIsInTheStateDecodesWhole) {
  const auto generator = make_generator(3);
  const auto items = at::randint(4, {200}, generator, at::TensorOptions().dtype(at::kLong));
  const auto noise = at::randn({200, 10}, generator, at::TensorOptions().dtype(at::kDouble));
  auto features = noise.clone();
  features.narrow(1, 0, 4).add_(8 * at::one_hot(items, 4));
  EXPECT_GT(decoded_share(features, items), 0.99);
  EXPECT_LT(decoded_share(noise, items), 0.4);
}

/// Two units that each obey r = σ(w r − w/2), w = 8: fixed points at 0.5 and at a pair that bisection finds.
TEST(FixedPoints, AllNineOfTwoBistableUnitsAreFound) {
  constexpr double w = 8;
  auto spec = spec_of("leaky", 2);
  spec.settings.model.z = 0.4;
  spec.settings.train.precision = "float64";
  const Subject subject(spec,
                        weights_of(spec,
                                   [](Network& network) {
                                     network.parameters().at("W").zero_().fill_diagonal_(w);
                                     network.parameters().at("b").fill_(-w / 2);
                                   }),
                        nullptr);
  double low = 0, high = 0.4;  // σ(w r − w/2) − r is positive at 0 and negative at 0.4
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (1 / (1 + std::exp(-w * middle + w / 2)) > middle ? low : high) = middle;
  }
  const std::vector<double> truth = {low, 0.5, 1 - low};
  const StateMap map(subject.network(), at::zeros({subject.shape().n_in}, at::kDouble));
  const auto starts = at::rand({200, 2}, make_generator(1), at::TensorOptions().dtype(at::kDouble));
  const auto found_all = find_fixed_points(map, starts, state_bounds(spec.settings.model, map));
  EXPECT_EQ(found_all.ends.fixed, 200);
  const auto& points = found_all.points;
  ASSERT_EQ(points.size(), 9U);
  for (const double x : truth) {
    for (const double y : truth) {
      const auto wanted = at::tensor({x, y}, at::kDouble);
      const auto found = std::find_if(points.begin(), points.end(), [&](const FixedPoint& point) {
        return (point.s - wanted).abs().max().item<double>() < 1e-7;
      });
      ASSERT_NE(found, points.end()) << x << ", " << y;
      EXPECT_LT(found->speed, kFixed);
      const auto slope = [&](double r) { return 1 - 0.4 + 0.4 * w * r * (1 - r); };
      EXPECT_NEAR(found->largest, std::max(slope(x), slope(y)), 1e-6);
      EXPECT_EQ(found->largest < 1, x != 0.5 && y != 0.5);
    }
  }
}

/// Searches that minimise the speed alone leave the possible states of plastic networks; runs do not.
TEST(FixedPoints, AnAttractorThatRunsReachIsFound) {
  auto spec = spec_of("stp", 30, "dms");
  spec.settings.model.dale = true;
  spec.settings.model.stp_constants = "mixed";
  spec.settings.task.dt_ms = spec.settings.model.dt_ms = 50;
  Subject subject(spec, weights_of(spec), nullptr);
  Examination examination;
  ExaminationOptions options;
  options.fixed_point_starts = 12;
  add_dynamics(subject, record_activity(subject, 32, 64, 8), options, examination);
  // The truth: where the network comes to.
  const auto network = subject.in_double();
  const StateMap map(*network, at::zeros({subject.shape().n_in}, at::kDouble));
  at::NoGradGuard no_grad;
  auto s = StateMap::joined(map.like()).to(at::kDouble);
  for (int t = 0; t < 20000; ++t) s = map(s);
  ASSERT_LT(sizes_of_rows(map(s) - s).item<double>(), 1e-12) << "a network that comes to rest";
  const auto ends = distinct(s);
  EXPECT_EQ(examination.numbers.at("fixed_points.reached"), 1);
  EXPECT_GE(examination.numbers.at("fixed_points.stable"), 1);
  const auto found = find_fixed_points(map, at::rand({8, map.size()}, make_generator(1), s.options()).clamp(0, 1),
                                       state_bounds(spec.settings.model, map));
  const auto& table = figure_of(examination, "fixed_points");
  const auto arrivals = static_cast<std::size_t>(
      std::find(table.columns.begin(), table.columns.end(), "share of samples that come to rest there") -
      table.columns.begin());
  double arrived = 0;
  for (const auto& row : table.rows) arrived += row[arrivals];
  EXPECT_EQ(arrived, 1) << "every sample ends at a point that is listed";
  for (const auto& point : found.points) {
    EXPECT_GE(point.s.min().item<double>(), 0) << "rates, u and x lie in [0, 1]";
    EXPECT_LE(point.s.max().item<double>(), 1);
  }
  const auto& ends_of = found.ends;
  EXPECT_EQ(ends_of.fixed + ends_of.resting + ends_of.capped + ends_of.outside, 8) << "each search is counted once";
}

TEST(FixedPoints, BoundsAreThoseOfTheStates) {
  for (const auto& [model, activation, low, high] : std::vector<std::tuple<std::string, std::string, double, double>>{
           {"leaky", "sigmoid", 0, 1}, {"leaky", "tanh", -1, 1}, {"gru", "sigmoid", -1, 1}, {"stp", "sigmoid", 0, 1}}) {
    auto spec = spec_of(model, 6);
    spec.settings.model.activation = activation;
    const Subject subject(spec, weights_of(spec), nullptr);
    const auto network = subject.in_double();
    const StateMap map(*network, at::zeros({subject.shape().n_in}, at::kDouble));
    const auto bounds = state_bounds(spec.settings.model, map);
    EXPECT_EQ(bounds.low.min().item<double>(), low) << model << activation;
    EXPECT_EQ(bounds.high.max().item<double>(), high);
  }
}

class EveryExaminedModel : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryExaminedModel, JacobianEqualsCentralDifferences) {
  auto spec = spec_of(GetParam(), 6);
  spec.settings.train.precision = "float64";
  const Subject subject(spec, weights_of(spec), nullptr);
  const StateMap map(subject.network(), at::full({subject.shape().n_in}, 0.2, at::kDouble));
  const auto s = at::rand({map.size()}, make_generator(4), at::TensorOptions().dtype(at::kDouble));
  const auto J = map.jacobian(s);
  constexpr double h = 1e-6;
  at::NoGradGuard no_grad;
  for (std::int64_t j = 0; j < map.size(); ++j) {
    auto up = s.clone(), down = s.clone();
    up[j] += h;
    down[j] -= h;
    const auto slope = (map(up.unsqueeze(0)) - map(down.unsqueeze(0))).squeeze(0) / (2 * h);
    EXPECT_LT((J.select(1, j) - slope).abs().max().item<double>(), 1e-8) << "column " << j;
  }
}

TEST_P(EveryExaminedModel, IsExaminedWholeAndTheSameEachTime) {
  for (const std::string task : {"digits", "dms", "flip_flop"}) {
    auto spec = spec_of(GetParam(), 8, task);
    spec.settings.task.test_samples = 40;
    if (GetParam() == "conductance") {
      spec.settings.model.dale = true;
      spec.settings.model.a_kind = "ei";
    }
    std::string weights;
    TrialHooks hooks;
    hooks.weights = [&](const std::string& bytes) { weights = bytes; };
    std::vector<std::string> snapshots;
    hooks.snapshot = [&](std::int64_t, const std::string& bytes) { snapshots.push_back(bytes); };
    ASSERT_EQ(run_trial(spec, hooks).status, TrialStatus::ok);
    ASSERT_GE(snapshots.size(), 2U);
    EXPECT_EQ(snapshots.back(), weights);
    ExaminationOptions options;
    options.longest_delay = 16;
    options.analysed_samples = 40;
    options.fixed_point_starts = 4;
    options.resamples = 20;
    options.decoded_times = 4;
    const auto examination = examine(spec, weights, options);
    ASSERT_TRUE(examination);
    const auto again = examine(spec, weights, options);
    EXPECT_EQ(examination->findings, again->findings);
    EXPECT_EQ(examination->numbers, again->numbers);
    EXPECT_EQ(examination->recording, again->recording);
    for (const auto* name :
         {"reset", "input_fraction", "gap", "input_noise", "trace", "units", "rates_histogram", "drift", "trajectories",
          "components", "paths", "fixed_points", "eigenvalues", "spectrum", "lesions", "training", "training_paths"}) {
      const auto& figure = figure_of(*examination, name);
      for (const auto& row : figure.rows) EXPECT_EQ(row.size(), figure.columns.size()) << name;
      if (name != std::string("fixed_points") && name != std::string("eigenvalues")) {
        EXPECT_FALSE(figure.rows.empty()) << name;
      }
    }
    EXPECT_EQ(figure_of(*examination, "lesions").labels.size(), figure_of(*examination, "lesions").rows.size());
    if (task == "digits") {
      EXPECT_NO_THROW(figure_of(*examination, "blank_delay"));
    }
    if (task == "dms") {
      EXPECT_NO_THROW(figure_of(*examination, "delay"));
    }
    if (task != "flip_flop") {
      EXPECT_NO_THROW(figure_of(*examination, "decoding"));
    }
    // The score is the one that training reports, and a point of every curve over delays.
    spec.test = true;
    const auto score = examination->numbers.at("score");
    EXPECT_NEAR(score, run_trial(spec).metrics.at("test_score"), 1e-6) << task;
    EXPECT_EQ(examination->numbers.at("score.samples"), 40);
    for (const auto* name : {"delay", "blank_delay"}) {
      const auto curve = std::find_if(examination->figures.begin(), examination->figures.end(),
                                      [&](const FigureTable& figure) { return figure.name == name; });
      if (curve == examination->figures.end()) continue;
      const auto trained = curve->marks.at("trained");
      const auto row = std::find_if(curve->rows.begin(), curve->rows.end(),
                                    [&](const std::vector<double>& point) { return point[0] == trained; });
      ASSERT_NE(row, curve->rows.end()) << task;
      EXPECT_EQ((*row)[1], score) << task;
    }
    EXPECT_GT(examination_seconds(spec, weights, options, {}, 1), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryExaminedModel,
                         ::testing::Values("conductance", "leaky", "stp", "conductance_stp", "multiscale", "vanilla",
                                           "simple_gru", "gru"),
                         [](const auto& instance) { return instance.param; });

/// A task with a delay is scored at the delay it was trained with, wherever that lies in the curve.
TEST(Headline, IsTheScoreUnderTheTrainedTask) {
  auto spec = spec_of("leaky", 8, "dms");
  spec.settings.task.dt_ms = 50;
  spec.settings.task.delay_ms = 350;  // 7 steps: none of 0, 1, 2, 3, 4, 6, 8, …
  const Subject subject(spec, weights_of(spec), nullptr);
  Examination examination;
  ExaminationOptions options;
  options.longest_delay = 16;
  add_score(subject, options, examination);
  add_memory_curves(subject, options, examination);
  const auto& curve = figure_of(examination, "delay");
  EXPECT_EQ(curve.marks.at("trained"), 7);
  const auto row = std::find_if(curve.rows.begin(), curve.rows.end(), [](const auto& point) { return point[0] == 7; });
  ASSERT_NE(row, curve.rows.end());
  EXPECT_EQ((*row)[1], examination.numbers.at("score"));
  EXPECT_NE(curve.rows.front()[0], 7);
  const auto scores = subject.scores(spec.settings.task, 0);
  EXPECT_EQ(mean_of(scores).mean, examination.numbers.at("score"));
}

TEST(Headline, BlankStepsOfTheTrainingAreAPointOfTheirCurve) {
  auto spec = spec_of("leaky", 8);
  spec.settings.task.blank_delay = 5;
  for (const std::string when : {"always", "train", "test"}) {
    spec.settings.task.manipulate = when;
    const Subject subject(spec, weights_of(spec), nullptr);
    EXPECT_EQ(subject.delay().steps(), when == "test" ? 0 : 5) << when;
    EXPECT_EQ(subject.delay().begin, 28) << when;
    Examination examination;
    ExaminationOptions options;
    options.longest_delay = 16;
    add_memory_curves(subject, options, examination);
    const auto& curve = figure_of(examination, "blank_delay");
    EXPECT_EQ(curve.marks.at("trained"), when == "test" ? 0 : 5) << when;
    const auto row =
        std::find_if(curve.rows.begin(), curve.rows.end(), [](const auto& point) { return point[0] == 5; });
    ASSERT_EQ(row != curve.rows.end(), when != "test") << when;
    const auto activity = record_activity(subject, 20, 16, 4);
    EXPECT_EQ(activity.fed, 28);
    if (when == "test") continue;
    EXPECT_NE(std::find(activity.times.begin(), activity.times.end(), 33), activity.times.end()) << "the delay's end";
  }
}

TEST(TimeConstants, AreInMsOnlyWhereTheTaskHasTime) {
  for (const auto& [task, ms] :
       std::vector<std::pair<std::string, double>>{{"digits", 0}, {"dms", 50}, {"copy_memory", 0}}) {
    auto spec = spec_of("leaky", 6, task);
    spec.settings.model.z = 0.3;
    spec.settings.task.dt_ms = 50;  // the model's own stays at 20
    const Subject subject(spec, weights_of(spec), nullptr);
    Examination examination;
    add_units(subject, record_activity(subject, 10, 4, 4), examination);
    const auto& units = figure_of(examination, "units");
    const auto column = std::find(units.columns.begin(), units.columns.end(), "time constant, ms");
    const double steps = -1 / std::log(0.7);
    ASSERT_EQ(column != units.columns.end(), ms > 0) << task;
    if (ms > 0) {
      EXPECT_NEAR(units.rows[0][static_cast<std::size_t>(column - units.columns.begin())], ms * steps, 1e-4);
    }
    EXPECT_NEAR(examination.numbers.at("time_constant.median_steps"), steps, 1e-6);
  }
}

MemoryCarrier carrier(double p, double share, double lost, double low) {
  MemoryCarrier made;
  made.decoded = {share, 0.125, 0.15, p};
  made.shuffled = true;
  made.lost = lost;
  made.low = low;
  return made;
}

TEST(MemorySite, VerdictsFollowFromTheNumbers) {
  const auto silent = carrier(0.5, 0.13, 0.001, -0.01), held = carrier(0.005, 0.9, 0.9, 0.4),
             told = carrier(0.005, 0.9, 0.01, 0.001), lost = carrier(0.4, 0.12, 0.8, 0.3);
  EXPECT_EQ(memory_verdict(silent, &held), "activity-silent");
  EXPECT_EQ(memory_verdict(told, &held), "synapses");
  EXPECT_EQ(memory_verdict(held, &held), "both");
  EXPECT_EQ(memory_verdict(held, &told), "activity");
  EXPECT_EQ(memory_verdict(held, nullptr), "activity");
  EXPECT_EQ(memory_verdict(told, &told), "redundant");
  EXPECT_EQ(memory_verdict(silent, &silent), "undecided");
  EXPECT_EQ(memory_verdict(lost, &silent), "undecided");
  EXPECT_EQ(memory_verdict(silent, nullptr), "undecided");
}

/// The read-out that answers best, by least squares on the scored steps.
void fit_readout(Network& network, const TrialSpec& spec) {
  const auto data = make_data_store();
  const auto task = make_task(spec.settings.task, *data);
  std::vector<std::int64_t> all(64);
  std::iota(all.begin(), all.end(), 0);
  const auto batch = task->batch(Part::train, all, at::kFloat);
  PassOptions options;
  options.keep_rates = true;
  options.noise = make_generator(1);
  const auto scored = batch.scored.gt(0);
  const auto rates = network.run(batch.x, options).rates.index({scored}).to(at::kDouble);
  const auto with_bias = at::cat({rates, at::ones({rates.size(0), 1}, rates.options())}, 1);
  const auto targets = at::one_hot(batch.y.index({scored}), task->shape().n_out).to(at::kDouble);
  const auto normal = at::mm(with_bias.t(), with_bias) + 1e-3 * at::eye(with_bias.size(1), rates.options());
  const auto solved = at::linalg_solve(normal, at::mm(with_bias.t(), targets)).t();
  network.parameters().at("readout_weight").copy_(solved.narrow(1, 0, rates.size(1)));
  network.parameters().at("readout_bias").copy_(solved.select(1, rates.size(1)));
}

TrialSpec delayed_response(const std::string& model, std::int64_t n) {
  auto spec = spec_of(model, n, "delayed_response");
  spec.settings.task.dt_ms = spec.settings.model.dt_ms = 50;
  spec.settings.task.delay_ms = 500;
  return spec;
}

Examination memory_of(const TrialSpec& spec, const std::string& weights) {
  const Subject subject(spec, weights, nullptr);
  Examination examination;
  ExaminationOptions options;
  options.judged_samples = 200;
  add_memory_site(subject, record_activity(subject, 100, 64, 4), options, examination);
  return examination;
}

/// Units that integrate slowly, without recurrence: the rates remember, and there is nothing else.
TEST(MemorySite, OfASlowLeakIsItsActivity) {
  auto spec = delayed_response("leaky", 40);
  spec.settings.model.z = 0.02;
  const auto found = memory_of(spec, weights_of(spec, [&](Network& network) {
                                 network.parameters().at("W").zero_();
                                 fit_readout(network, spec);
                               }));
  EXPECT_EQ(found.verdicts.at("memory"), "activity");
  EXPECT_GT(found.numbers.at("memory.score"), 0.9);
  EXPECT_GT(found.numbers.at("memory.decoded_rates"), 0.9);
  EXPECT_LT(found.numbers.at("memory.score_rates_shuffled"), 0.4);
  EXPECT_THAT(found.findings, Contains(HasSubstr("at the end of the trained delay of 10 steps")));
}

/// Storing units that the fixation holds down but for the cue's direction: their synapses facilitate, their rates are
/// the same for every direction before and after, and reading units see the difference once the fixation goes.
TEST(MemorySite, OfSynapsesThatAreReadByAPingIsActivitySilent) {
  constexpr std::int64_t kStoring = 24;
  auto spec = delayed_response("stp", 2 * kStoring);
  auto& model = spec.settings.model;
  model.z = 1;
  model.stp_constants = "facilitating";
  model.recurrent_noise = 0.1;
  const auto made = weights_of(spec, [&](Network& network) {
    auto W = network.parameters().at("W").zero_(), P = network.parameters().at("P").zero_();
    W.narrow(0, kStoring, kStoring).narrow(1, 0, kStoring).fill_diagonal_(20);
    P.narrow(0, 0, kStoring).narrow(1, 0, kStoring).fill_diagonal_(6);
    P.narrow(0, 0, kStoring).select(1, kStoring).fill_(-12);
    network.parameters().at("b").zero_().narrow(0, kStoring, kStoring).fill_(-4);
    fit_readout(network, spec);
  });
  const auto found = memory_of(spec, made);
  EXPECT_EQ(found.verdicts.at("memory"), "activity-silent");
  EXPECT_GT(found.numbers.at("memory.score"), 0.7) << "chance is 12.5 %";
  EXPECT_LT(found.numbers.at("memory.decoded_rates"), 0.25);
  EXPECT_GT(found.numbers.at("memory.decoded_synapses"), 0.95);
  EXPECT_NEAR(found.numbers.at("memory.score_rates_shuffled"), found.numbers.at("memory.score"), 0.02);
  EXPECT_LT(found.numbers.at("memory.score_synapses_shuffled"), 0.4);
}

TEST(MemorySite, OfANetworkThatCannotDoTheTaskIsUndecided) {
  const auto spec = delayed_response("stp", 20);
  const auto found = memory_of(spec, weights_of(spec));
  EXPECT_EQ(found.verdicts.at("memory"), "undecided");
  EXPECT_THAT(found.findings, Contains(HasSubstr("does not do the task better than by chance")));
}

TEST(MemorySite, PermutationsTellWhatChanceTells) {
  const auto generator = make_generator(3);
  const auto items = at::randint(8, {400}, generator, at::TensorOptions().dtype(at::kLong));
  const auto noise = at::randn({400, 30}, generator, at::TensorOptions().dtype(at::kDouble));
  const auto nothing = decode(noise, items, 200, 1);
  EXPECT_NEAR(nothing.chance, 0.125, 0.02);
  EXPECT_GT(nothing.upper_chance, nothing.chance);
  EXPECT_FALSE(nothing.beyond_chance());
  auto features = noise.clone();
  features.narrow(1, 0, 8).add_(at::one_hot(items, 8), 4);
  const auto all = decode(features, items, 200, 1);
  EXPECT_TRUE(all.beyond_chance());
  EXPECT_GT(all.share, 0.9);
  EXPECT_EQ(all.share, decoded_share(features, items));
}

TEST(Lesions, CostWhatTheNetworkNeeds) {
  const auto spec = spec_of("vanilla", 10);
  Subject subject(spec, weights_of(spec), nullptr);
  const auto batch = subject.test_batch(50);
  const auto whole = subject.scores(batch, {});
  PassOptions nothing;
  nothing.intervene = [](const State& after) { return after; };
  EXPECT_EQ(subject.scores(batch, nothing), whole);
  Examination examination;
  add_lesions(subject, record_activity(subject, 50, 4, 4), {}, examination);
  const auto& figure = figure_of(examination, "lesions");
  EXPECT_EQ(figure.labels.front(), "none");
  EXPECT_EQ(figure.rows.front()[1], 0);
  // With every unit silenced only the read-out's bias answers.
  PassOptions all;
  all.intervene = [](const State& after) { return State{after.r * 0, after.z, after.u, after.x_s}; };
  const auto answers = subject.network().readout().bias.argmax().item<std::int64_t>();
  const auto silenced = subject.scores(batch, all);
  for (std::int64_t i = 0; i < 50; ++i)
    EXPECT_EQ(silenced[static_cast<std::size_t>(i)], batch.y[i].item<std::int64_t>() == answers ? 1 : 0);
}

TEST(Hold, KeepsZUAndXWhereTheyAreAndLetsThemGo) {
  for (const std::string model : {"conductance", "conductance_stp", "stp", "simple_gru", "gru"}) {
    const auto spec = spec_of(model);
    Subject subject(spec, weights_of(spec), nullptr);
    const auto batch = subject.test_batch(5);
    const auto free = subject.network().run(batch.x).outputs;
    State held;
    if (model != "stp") held.z = at::full({12}, 0.25);
    held.u = at::full({12}, 0.125);
    subject.network().model().hold(held);
    PassOptions options;
    options.record = [&](const State& state) {
      if (model != "stp") {
        EXPECT_TRUE(at::allclose(state.z, at::full_like(state.z, 0.25)));
      }
      if (state.u.defined()) {
        EXPECT_TRUE(at::equal(state.u, at::full_like(state.u, 0.125)));
      }
    };
    subject.network().run(batch.x, options);
    EXPECT_FALSE(at::equal(subject.network().run(batch.x).outputs, free)) << "without a recorder it is held too";
    subject.network().model().hold({});
    EXPECT_TRUE(at::equal(subject.network().run(batch.x).outputs, free));
  }
}

TEST(RecorderOfStates, IsBoundedWhateverTheLength) {
  const auto spec = spec_of("conductance_stp", 40);
  const Subject subject(spec, weights_of(spec), nullptr);
  Recorder::Limits limits;
  limits.times = 64;
  std::int64_t most = 0;
  for (const std::int64_t steps : {1, 28, 64, 65, 1000, 4000}) {
    Recorder recorder(limits, steps, 10, 40);
    most = std::max(most, recorder.bytes());
    std::vector<at::Tensor> rates;
    PassOptions options;
    options.record = [&](const State& state) {
      recorder(state);
      rates.push_back(state.r);
    };
    subject.network().run(at::rand({steps, 10, 28}, make_generator(2)), options);
    EXPECT_LE(recorder.steps().size(), 64U);
    for (const auto& [name, tensor] : read_safetensors(recorder.safetensors())) {
      if (name != "r") continue;
      EXPECT_EQ(tensor.sizes(), at::IntArrayRef({static_cast<std::int64_t>(recorder.steps().size()), 8, 16}));
      for (std::size_t i = 0; i < recorder.steps().size(); ++i) {
        const auto& all = rates[static_cast<std::size_t>(recorder.steps()[i] - 1)];
        EXPECT_EQ(tensor[static_cast<std::int64_t>(i)][3][5].item<float>(), all[3][recorder.units()[5]].item<float>());
      }
    }
  }
  EXPECT_EQ(most, 64 * 8 * 16 * 4 * 4) << "times, samples, units, variables, bytes of a float";
}

}  // namespace
}  // namespace evobrnn
