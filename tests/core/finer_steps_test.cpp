// SPDX-License-Identifier: Apache-2.0
/// Networks whose time step is divided (PassOptions::divide_steps): against loops written by hand, against networks of
/// that time step, and against the exact solution.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/models/network.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kSteps = 5, kBatch = 3, kInputs = 3, kOutputs = 4;

struct Variant {
  std::string name;
  ModelSettings settings;
  friend void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }
};

/// Every model with a time step, with and without Dale's principle, its constants set and trained.
std::vector<Variant> variants() {
  std::vector<Variant> list;
  for (const auto& entry : models()) {
    ModelSettings named;
    named.name = entry.about.name;
    if (!has_time_step(named)) continue;
    for (const bool dale : {false, true}) {
      for (const bool trained : {false, true}) {
        ModelSettings s;
        s.name = entry.about.name;
        s.n = 7;
        s.dale = dale;
        s.ei_ratio = 0.6;
        s.gain = 2;
        s.a_kind = dale ? "ei" : "matrix";
        s.A_E = 0.4;
        s.A_I = 0.9;
        s.z = s.dt = 0.6;
        s.stp_dt = 0.8;
        s.stp_constants = trained ? "trained" : "set";
        if (trained) s.trained = {"A", "dt"};
        list.push_back({s.name + (dale ? "_dale" : "") + (trained ? "_trained" : "_set"), s});
      }
    }
  }
  return list;
}

Network make_network(const ModelSettings& settings, Path path, at::ScalarType dtype = at::kDouble) {
  return {settings, {kInputs, kOutputs, dtype, at::kCPU, /*seed=*/1, path}};
}

at::Tensor random_input(at::ScalarType dtype = at::kDouble) {
  return at::rand({kSteps, kBatch, kInputs}, make_generator(5), at::TensorOptions().dtype(dtype));
}

PassOptions all_rates(std::int64_t divisor) {
  PassOptions options;
  options.divide_steps = divisor;
  options.keep_rates = true;
  return options;
}

/// The equations of docs/MODELS.md once more, with the time step over k: the rates after each step of x.
class ByHand {
 public:
  ByHand(const ModelSettings& settings, const Network& network, double k)
      : s_(settings), network_(network), k_(k), trained_(!settings.trained.empty()) {}

  at::Tensor rates(const at::Tensor& x) const {
    const auto W = of("W"), P = of("P"), b = of("b");
    const bool plastic = s_.name == "stp" || s_.name == "conductance_stp";
    auto r = at::zeros({x.size(1), s_.n}, at::kDouble), u = at::zeros_like(r), x_s = at::ones_like(r);
    if (plastic) u = u + constant("c_U", s_.U);
    std::vector<at::Tensor> rates;
    for (std::int64_t t = 0; t < x.size(0); ++t) {
      for (int i = 0; i < static_cast<int>(k_); ++i) {
        const auto z = gate(r, x[t]) / k_;
        auto seen = r;
        if (plastic) {
          const auto U = constant("c_U", s_.U), z_u = constant("c_u", s_.z_u) / k_, z_x = constant("c_x", s_.z_x) / k_;
          const double delta = s_.stp_dt / k_;
          u = U * z_u + (1 - z_u) * u + delta * U * (1 - u) * r;
          x_s = z_x + (1 - z_x) * x_s - delta * u * x_s * r;
          seen = u * x_s * r;
        }
        r = (1 - z) * r + z * at::sigmoid(at::mm(seen, W.t()) + at::mm(x[t], P.t()) + b);
      }
      rates.push_back(r);
    }
    return at::stack(rates);
  }

 private:
  at::Tensor of(const std::string& name) const { return network_.parameters().at(name).detach(); }

  at::Tensor constant(const std::string& raw, double set) const {
    return s_.stp_constants == "trained" ? at::sigmoid(of(raw)) : at::full({s_.n}, set, at::kDouble);
  }

  /// z of an undivided step.
  at::Tensor gate(const at::Tensor& r, const at::Tensor& x) const {
    if (s_.name == "leaky") return at::full({s_.n}, s_.z, at::kDouble);
    if (s_.name == "stp") return constant("c_h", s_.z);
    if (s_.name == "multiscale") return s_.z_lo + (s_.z_hi - s_.z_lo) * at::sigmoid(of("c_z"));
    const auto dt = trained_ ? at::sigmoid(of("d")) : at::full({}, s_.dt, at::kDouble);
    return dt * at::sigmoid(at::mm(r, (A() * of("W").abs()).t()) + at::mm(x, of("P").abs().t()) + of("g"));
  }

  at::Tensor A() const {
    if (!s_.dale) return trained_ ? 10 * at::sigmoid(of("a")) : at::full({}, s_.A, at::kDouble);
    const auto n_E = network_.model().dale().n_excitatory;
    const auto value = [&](const char* raw, double set) {
      return trained_ ? 10 * at::sigmoid(of(raw)) : at::full({}, set, at::kDouble);
    };
    return at::cat({value("a_E", s_.A_E).expand({n_E}), value("a_I", s_.A_I).expand({s_.n - n_E})});
  }

  const ModelSettings& s_;
  const Network& network_;
  const double k_;
  const bool trained_;
};

class FinerSteps : public testing::TestWithParam<Variant> {};

TEST_P(FinerSteps, EqualALoopWrittenByHandOnBothPaths) {
  constexpr double kTolerance = 1e-10;
  const auto x = random_input();
  at::NoGradGuard no_grad;
  for (const auto path : {Path::automatic, Path::reference}) {
    const auto network = make_network(GetParam().settings, path);
    const auto plain = network.run(x, all_rates(1)).rates;
    for (const std::int64_t k : {1, 2, 3, 4}) {
      const auto expected = ByHand(GetParam().settings, network, static_cast<double>(k)).rates(x);
      const auto rates = network.run(x, all_rates(k)).rates;
      EXPECT_LT((rates - expected).abs().max().item<double>(), kTolerance) << k;
      if (k > 1) {
        EXPECT_GT((rates - plain).abs().max().item<double>(), 1e-4) << "the test tells nothing";
      }
    }
  }
}

/// The settings of a network whose time step is 1/k of this one's; nothing where training decides it.
std::optional<ModelSettings> with_time_step_over(ModelSettings s, double k) {
  if (!s.trained.empty() || s.name == "multiscale") return std::nullopt;
  for (auto* of_a_step : {&s.z, &s.dt, &s.z_u, &s.z_x, &s.stp_dt}) *of_a_step /= k;
  return s;
}

/// k = 1 among them: then it is the plain network.
TEST_P(FinerSteps, EqualTheNetworkOfThatTimeStepOnRepeatedInputBitForBitWithItsNoiseToo) {
  auto settings = GetParam().settings;
  settings.recurrent_noise = 0.1;
  settings.input_noise = 0.2;
  const auto x = random_input(at::kFloat);
  at::NoGradGuard no_grad;
  // Divided steps run on the kernels whatever the path.
  for (const std::int64_t k : {1, 2, 4}) {
    const auto fine = with_time_step_over(settings, static_cast<double>(k));
    if (!fine) continue;
    const auto run = [&](const ModelSettings& s, const at::Tensor& input, std::int64_t divisor) {
      auto options = all_rates(divisor);
      options.noise = make_generator(3);
      return make_network(s, Path::automatic, at::kFloat).run(input, options);
    };
    const auto divided = run(settings, x, k), steps = run(*fine, x.repeat_interleave(k, 0), 1);
    EXPECT_TRUE(at::equal(divided.outputs, steps.outputs)) << k;
    for (std::int64_t t = 0; t < kSteps; ++t)
      EXPECT_TRUE(at::equal(divided.rates[t], steps.rates[(t + 1) * k - 1])) << k << ", step " << t;
  }
}

TEST_P(FinerSteps, AreReadAtTheTimesOfTheInput) {
  constexpr std::int64_t k = 3;
  const auto x = random_input();
  at::NoGradGuard no_grad;
  for (const auto path : {Path::automatic, Path::reference}) {
    const auto network = make_network(GetParam().settings, path);
    auto options = all_rates(k);
    options.every_step = true;
    const auto every = network.run(x, options);
    ASSERT_EQ(every.outputs.sizes(), at::IntArrayRef({kSteps, kBatch, kOutputs}));
    ASSERT_EQ(every.rates.size(0), kSteps);
    const auto near = [](const at::Tensor& left, const at::Tensor& right) {
      return at::allclose(left, right, 0, 1e-12);
    };
    EXPECT_TRUE(near(every.outputs[kSteps - 1], network.run(x, all_rates(k)).outputs));

    auto with_lengths = all_rates(k);
    with_lengths.lengths = at::tensor(std::vector<std::int64_t>{2, 5, 1}, at::kLong);
    const auto ends = network.run(x, with_lengths).outputs;
    EXPECT_TRUE(near(ends, at::stack({every.outputs[1][0], every.outputs[4][1], every.outputs[0][2]})));

    // The sequence after the reset, from the start; sample 0 is never reset, sample 2 after its end.
    auto with_reset = options;
    with_reset.reset = at::tensor(std::vector<std::int64_t>{0, 2, kSteps}, at::kLong);
    const auto reset = network.run(x, with_reset).outputs;
    const auto anew = network.run(x.slice(0, 2), options).outputs;
    EXPECT_TRUE(near(reset.select(1, 0), every.outputs.select(1, 0)));
    EXPECT_TRUE(near(reset.select(1, 1).slice(0, 0, 2), every.outputs.select(1, 1).slice(0, 0, 2)));
    EXPECT_TRUE(near(reset.select(1, 1).slice(0, 2), anew.select(1, 1)));
    EXPECT_TRUE(near(reset.select(1, 2), every.outputs.select(1, 2)));
    with_reset.every_step = false;
    const auto last = network.run(x, with_reset).outputs;
    EXPECT_TRUE(near(last[1], anew[kSteps - 3][1]));
    EXPECT_TRUE(near(last[2], network.readout().bias)) << "a reset after the last step leaves nothing to read";
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, FinerSteps, testing::ValuesIn(variants()),
                         [](const auto& instance) { return instance.param.name; });

/// With no recurrent weights and a constant input, r(T) = φ(P x + b) (1 − e^(−z T)), and Euler's method is off by
/// O(z / k).
TEST(LeakyInFinerSteps, ConvergesToTheExponentialWithErrorsThatHalveWithTheStep) {
  ModelSettings settings;
  settings.name = "leaky";
  settings.n = 6;
  settings.dale = false;
  settings.z = 0.4;
  const auto x = random_input().slice(0, 0, 1).expand({kSteps, kBatch, kInputs});
  at::NoGradGuard no_grad;
  for (const auto path : {Path::automatic, Path::reference}) {
    const auto network = make_network(settings, path);
    network.parameters().at("W").zero_();
    const auto target = at::sigmoid(at::linear(x[0], network.parameters().at("P"), network.parameters().at("b")));
    const auto error = [&](std::int64_t k) {
      const auto rates = network.run(x, all_rates(k)).rates;
      const auto exact = target * (1 - std::exp(-settings.z * static_cast<double>(kSteps)));
      return (rates[kSteps - 1] - exact).abs().max().item<double>();
    };
    double before = error(8);
    for (const std::int64_t k : {16, 32, 64, 128}) {
      const double now = error(k);
      EXPECT_NEAR(now / before, 0.5, 0.01) << k;
      before = now;
    }
    EXPECT_LT(before, 1e-3);
  }
}

TEST(FinerStepsOf, AModelWithoutATimeStepOrOneThatIsRecordedAreRefused) {
  for (const auto& entry : models()) {
    ModelSettings settings;
    settings.name = entry.about.name;
    settings.n = 5;
    const bool without = settings.name == "gru" || settings.name == "simple_gru" || settings.name == "vanilla";
    EXPECT_EQ(has_time_step(settings), !without) << settings.name;
    const auto network = make_network(settings, Path::automatic);
    auto options = all_rates(2);
    if (!without) {
      EXPECT_NO_THROW(network.run(random_input(), options));
      options.record = [](const State&) {};
    }
    EXPECT_THROW(network.run(random_input(), options), std::invalid_argument) << settings.name;
  }
}

}  // namespace
}  // namespace evobrnn
