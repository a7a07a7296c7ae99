// SPDX-License-Identifier: Apache-2.0
/// Properties that every registered model must have: the suite loops over the registry, so a new model cannot escape
/// it.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "core/learning/optimizer.hpp"
#include "core/models/network.hpp"

namespace evobrnn {
namespace {

struct Variant {
  std::string name;
  ModelSettings settings;
  friend void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }
};

/// Every model with every kind of A, with and without Dale where that is allowed.
std::vector<Variant> variants() {
  std::vector<Variant> list;
  for (const auto& entry : models()) {
    for (const bool dale : {false, true}) {
      for (const std::string a_kind : {"constant", "presynaptic", "postsynaptic", "matrix", "ei"}) {
        const bool reads_a = entry.about.name == "conductance";
        if ((!reads_a && a_kind != "constant") || (a_kind == "ei" && !dale)) continue;
        ModelSettings s;
        s.name = entry.about.name;
        s.n = 7;
        s.dale = dale;
        s.ei_ratio = 0.6;
        s.a_kind = a_kind;
        s.gain = 2;
        if (reads_a) s.trained = {"A", "dt"};
        list.push_back({s.name + "_" + a_kind + (dale ? "_dale" : ""), s});
      }
    }
  }
  return list;
}

Network make_network(const ModelSettings& settings, std::uint64_t seed = 1) {
  return {settings, {3, 4, at::kDouble, at::kCPU, seed}};
}

at::Tensor random_input(std::int64_t steps, std::int64_t batch) {
  return at::rand({steps, batch, 3}, at::make_generator<at::CPUGeneratorImpl>(5),
                  at::TensorOptions().dtype(at::kDouble));
}

class EveryModel : public testing::TestWithParam<Variant> {};

TEST_P(EveryModel, GradientsEqualCentralDifferences) {
  auto network = make_network(GetParam().settings);
  const auto x = random_input(6, 3);
  const auto targets = at::tensor({0, 3, 1}, at::kLong);
  const auto loss = [&] { return at::cross_entropy_loss(network.logits(x), targets); };
  loss().backward();
  at::NoGradGuard no_grad;
  constexpr double kStep = 1e-5;
  for (const auto& [name, parameter] : network.parameters().named()) {
    auto flat = parameter.detach().view({-1});
    const auto gradient = parameter.grad().view({-1});
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      const double before = flat[i].item<double>();
      flat[i] = before + kStep;
      const double up = loss().item<double>();
      flat[i] = before - kStep;
      const double down = loss().item<double>();
      flat[i] = before;
      EXPECT_NEAR(gradient[i].item<double>(), (up - down) / (2 * kStep), 1e-8) << name << "[" << i << "]";
    }
  }
}

TEST_P(EveryModel, BatchRowsAreIndependent) {
  const auto network = make_network(GetParam().settings);
  const auto x = random_input(5, 4);
  const auto together = network.logits(x);
  for (std::int64_t row = 0; row < 4; ++row) {
    EXPECT_TRUE(at::allclose(network.logits(x.narrow(1, row, 1)), together.narrow(0, row, 1), 1e-12, 1e-12));
  }
}

TEST_P(EveryModel, ARunInTwoPiecesEqualsTheWhole) {
  const auto network = make_network(GetParam().settings);
  const auto x = random_input(8, 2);
  const auto run = [&](State state, const at::Tensor& piece) {
    const auto step = network.model().unroll(piece);
    for (std::int64_t t = 0; t < piece.size(0); ++t) state = step(state, t);
    return state;
  };
  const auto whole = run(network.model().initial_state(2), x);
  const auto pieces = run(run(network.model().initial_state(2), x.narrow(0, 0, 3)), x.narrow(0, 3, 5));
  EXPECT_TRUE(at::allclose(whole.r, pieces.r, 1e-13, 1e-13));
}

TEST_P(EveryModel, DaleHoldsAfterTraining) {
  for (const std::string projection : {"abs", "relu"}) {
    auto settings = GetParam().settings;
    settings.dale_projection = projection;
    auto network = make_network(settings);
    TrainSettings train;
    train.lr = 0.1;
    Optimizer optimizer(train, network.parameters().values(), network.parameters().gradients());
    const auto x = random_input(4, 5);
    const auto targets = at::tensor({0, 1, 2, 3, 0}, at::kLong);
    const double before = at::cross_entropy_loss(network.logits(x), targets).item<double>();
    for (int i = 0; i < 100; ++i) {
      at::cross_entropy_loss(network.logits(x), targets).backward();
      optimizer.step(train.lr);
      network.model().project();
      const auto& dale = network.model().dale();
      ASSERT_TRUE(!dale.on || (dale.s * network.parameters().at("W")).min().item<double>() >= 0) << "step " << i;
    }
    EXPECT_LT(at::cross_entropy_loss(network.logits(x), targets).item<double>(), before);
  }
}

TEST_P(EveryModel, RatesAndGatesStayInTheirRanges) {
  const auto network = make_network(GetParam().settings);
  for (const double scale : {0.0, 1.0, 1e6}) {
    network.logits(random_input(20, 2) * scale, [&](const State& state) {
      EXPECT_TRUE(state.r.isfinite().all().item<bool>());
      EXPECT_GE(state.r.min().item<double>(), 0);
      EXPECT_LE(state.r.max().item<double>(), 1);
      EXPECT_GE(state.z.min().item<double>(), 0);
      EXPECT_LE(state.z.max().item<double>(), 1);
    });
  }
}

TEST_P(EveryModel, SavedWeightsGiveTheSameBits) {
  const auto saved = make_network(GetParam().settings, 1);
  auto loaded = make_network(GetParam().settings, 2);
  const auto x = random_input(5, 2);
  ASSERT_FALSE(at::equal(saved.logits(x), loaded.logits(x)));
  loaded.load(saved.save());
  EXPECT_TRUE(at::equal(saved.logits(x), loaded.logits(x)));
}

TEST_P(EveryModel, TheSeedAloneDecidesTheWeights) {
  const auto first = make_network(GetParam().settings, 7), again = make_network(GetParam().settings, 7),
             other = make_network(GetParam().settings, 8);
  EXPECT_TRUE(at::equal(first.parameters().values(), again.parameters().values()));
  EXPECT_FALSE(at::equal(first.parameters().values(), other.parameters().values()));
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryModel, testing::ValuesIn(variants()),
                         [](const auto& tested) { return tested.param.name; });

TEST(ConductanceModel, GateStaysBelowDt) {
  ModelSettings settings;
  settings.n = 12;
  settings.dt = 0.17;
  const auto network = make_network(settings);
  network.logits(random_input(10, 3) * 50, [](const State& state) { EXPECT_LE(state.z.max().item<double>(), 0.17); });
}

TEST(ConductanceModel, AHyperparameterThatIsSetIsNoParameter) {
  ModelSettings settings;
  settings.n = 6;
  const auto names = [](const ModelSettings& s) {
    std::vector<std::string> list;
    const auto network = make_network(s);
    for (const auto& [name, tensor] : network.parameters().named()) list.push_back(name);
    return list;
  };
  const std::vector<std::string> weights = {"W", "P", "b", "g", "readout_weight", "readout_bias"};
  EXPECT_EQ(names(settings), weights);
  settings.trained = {"A", "dt"};
  EXPECT_EQ(names(settings),
            (std::vector<std::string>{"W", "P", "b", "g", "a_E", "a_I", "d", "readout_weight", "readout_bias"}));
}

TEST(ConductanceModel, TrainedHyperparametersStartAtTheirSettings) {
  ModelSettings settings;
  settings.n = 6;
  settings.A_E = 1.25;
  settings.dt = 0.4;
  settings.trained = {"A", "dt"};
  const auto values = make_network(settings).model().hyperparameters();
  EXPECT_NEAR(values.at("A_E"), 1.25, 1e-12);
  EXPECT_NEAR(values.at("A_I"), 0.4, 1e-12);
  EXPECT_NEAR(values.at("dt"), 0.4, 1e-12);
}

TEST(Dale, RoundsHalfAwayFromZeroAndKeepsOneOfEachKind) {
  EXPECT_EQ(excitatory_units(0.5, 5), 3);
  EXPECT_EQ(excitatory_units(0.001, 5), 1);
  EXPECT_EQ(excitatory_units(0.999, 5), 4);
}

TEST(Dale, BalancedWeightsCancelInTheMean) {
  ModelSettings settings;
  settings.n = 400;
  const auto W = make_network(settings).parameters().at("W");
  const double excitation = W.clamp_min(0).sum().item<double>(), inhibition = -W.clamp_max(0).sum().item<double>();
  EXPECT_NEAR(excitation / inhibition, 1, 0.02);
  settings.init = "uniform";
  const auto uniform = make_network(settings).parameters().at("W");
  EXPECT_GT(uniform.sum().item<double>(), 0.5 * uniform.abs().sum().item<double>());
}

TEST(Dale, InhibitoryUnitsAreNotRead) {
  ModelSettings settings;
  settings.n = 10;
  settings.ei_ratio = 0.7;
  EXPECT_EQ(make_network(settings).parameters().at("readout_weight").size(1), 7);
  settings.readout = "all";
  EXPECT_EQ(make_network(settings).parameters().at("readout_weight").size(1), 10);
}

}  // namespace
}  // namespace evobrnn
