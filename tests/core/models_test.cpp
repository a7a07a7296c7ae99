// SPDX-License-Identifier: Apache-2.0
/// Properties that every registered model must have: the suite loops over the registry, so a new model cannot escape
/// it. And what single models, their parameters and their first weights are.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/conformance.hpp"
#include "core/models/network.hpp"
#include "core/random.hpp"
#include "tests/check_suite.hpp"

namespace evobrnn {
namespace {

/// Every property of the conformance kit, of every model of the registry.
const bool kEveryModel = testing_support::register_checks("EveryModel", [] {
  std::vector<conformance::Check> all;
  for (const auto& entry : models()) {
    const auto checks = conformance::model_checks(entry.about.name);
    all.insert(all.end(), checks.begin(), checks.end());
  }
  return all;
}());

Network make_network(const ModelSettings& settings, std::uint64_t seed = 1) {
  return {settings, {3, 4, at::kDouble, at::kCPU, seed}};
}

at::Tensor random_input(std::int64_t steps, std::int64_t batch) {
  return at::rand({steps, batch, 3}, make_generator(5), at::TensorOptions().dtype(at::kDouble));
}

ModelSettings plain(const std::string& name, std::int64_t n) {
  ModelSettings settings;
  settings.name = name;
  settings.n = n;
  return settings;
}

TEST(ConductanceModel, GateStaysBelowDt) {
  auto settings = plain("conductance", 12);
  settings.dt = 0.17;
  PassOptions options;
  options.record = [](const State& state) { EXPECT_LE(state.z.max().item<double>(), 0.17); };
  make_network(settings).run(random_input(10, 3) * 50, options);
}

std::vector<std::string> names_of(const ModelSettings& settings) {
  std::vector<std::string> list;
  const auto network = make_network(settings);
  for (const auto& [name, tensor] : network.parameters().named()) list.push_back(name);
  return list;
}

using Names = std::vector<std::string>;

TEST(Parameters, HaveTheNamesOfTheEquations) {
  EXPECT_EQ(names_of(plain("conductance", 6)), (Names{"W", "P", "b", "g", "readout_weight", "readout_bias"}));
  EXPECT_EQ(names_of(plain("multiscale", 6)), (Names{"W", "P", "b", "c_z", "readout_weight", "readout_bias"}));
  EXPECT_EQ(names_of(plain("simple_gru", 6)),
            (Names{"W", "P", "b", "W_z", "P_z", "g", "readout_weight", "readout_bias"}));
  EXPECT_EQ(names_of(plain("gru", 6)),
            (Names{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "readout_weight", "readout_bias"}));
  EXPECT_EQ(names_of(plain("stp", 6)),
            (Names{"W", "P", "b", "c_u", "c_x", "c_U", "c_h", "readout_weight", "readout_bias"}));
}

TEST(Parameters, AHyperparameterThatIsSetIsNone) {
  auto settings = plain("conductance", 6);
  settings.trained = {"A", "dt"};
  EXPECT_EQ(names_of(settings), (Names{"W", "P", "b", "g", "a_E", "a_I", "d", "readout_weight", "readout_bias"}));
  settings = plain("conductance_stp", 6);
  settings.stp_constants = "facilitating";
  EXPECT_EQ(names_of(settings), (Names{"W", "P", "b", "g", "readout_weight", "readout_bias"}));
}

TEST(Hyperparameters, StartAtTheirSettings) {
  auto settings = plain("conductance", 6);
  settings.A_E = 1.25;
  settings.dt = 0.4;
  settings.trained = {"A", "dt"};
  auto values = make_network(settings).model().hyperparameters();
  EXPECT_NEAR(values.at("A_E"), 1.25, 1e-12);
  EXPECT_NEAR(values.at("A_I"), 0.4, 1e-12);
  EXPECT_NEAR(values.at("dt"), 0.4, 1e-12);
  values = make_network(plain("stp", 6)).model().hyperparameters();
  EXPECT_NEAR(values.at("U"), ModelSettings{}.U, 1e-12);
  EXPECT_NEAR(values.at("z_u"), ModelSettings{}.z_u, 1e-12);
  EXPECT_NEAR(values.at("z_x"), ModelSettings{}.z_x, 1e-12);
  EXPECT_NEAR(values.at("z_h"), ModelSettings{}.z, 1e-12);
}

TEST(Hyperparameters, BiophysicalConstantsOfPlasticityAreThePublishedOnes) {
  auto settings = plain("stp", 2);
  settings.dt_ms = 10;
  const auto values = [&](const std::string& constants) {
    settings.stp_constants = constants;
    return make_network(settings).model().hyperparameters();
  };
  EXPECT_NEAR(values("facilitating").at("U"), 0.15, 1e-12);
  EXPECT_NEAR(values("facilitating").at("z_u"), 10.0 / 1500, 1e-12);
  EXPECT_NEAR(values("facilitating").at("z_x"), 10.0 / 200, 1e-12);
  EXPECT_NEAR(values("depressing").at("U"), 0.45, 1e-12);
  EXPECT_NEAR(values("depressing").at("z_u"), 10.0 / 200, 1e-12);
  EXPECT_NEAR(values("mongillo").at("U"), 0.20, 1e-12);
  EXPECT_NEAR(values("mixed").at("U"), (0.15 + 0.45) / 2, 1e-12);
}

TEST(Multiscale, UnitsStartOnManyTimeScales) {
  const auto values = make_network(plain("multiscale", 200)).model().hyperparameters();
  EXPECT_LT(values.at("z_smallest"), 0.01);
  EXPECT_GT(values.at("z_largest"), 0.8);
}

TEST(Dale, RoundsHalfAwayFromZeroAndKeepsOneOfEachKind) {
  EXPECT_EQ(excitatory_units(0.5, 5), 3);
  EXPECT_EQ(excitatory_units(0.001, 5), 1);
  EXPECT_EQ(excitatory_units(0.999, 5), 4);
}

TEST(Initial, BalancedWeightsCancelInTheMean) {
  auto settings = plain("conductance", 400);
  const auto W = make_network(settings).parameters().at("W");
  const double excitation = W.clamp_min(0).sum().item<double>(), inhibition = -W.clamp_max(0).sum().item<double>();
  EXPECT_NEAR(excitation / inhibition, 1, 0.02);
  settings.init = "uniform";
  const auto uniform = make_network(settings).parameters().at("W");
  EXPECT_GT(uniform.sum().item<double>(), 0.5 * uniform.abs().sum().item<double>());
}

TEST(Initial, OrthogonalWeightsKeepLengthsButForTheGain) {
  auto settings = plain("leaky", 20);
  settings.dale = false;
  settings.init = "orthogonal";
  settings.gain = 1.5;
  const auto W = make_network(settings).parameters().at("W");
  EXPECT_TRUE(at::allclose(at::mm(W.t(), W), 2.25 * at::eye(20, at::kDouble), 1e-10, 1e-10));
}

TEST(Initial, TheSpectralRadiusIsTheOneAskedFor) {
  for (const std::string name : {"conductance", "vanilla", "gru"}) {
    auto settings = plain(name, 30);
    settings.spectral_radius = 1.3;
    EXPECT_NEAR(spectral_radius(make_network(settings).model().recurrent_weights()), 1.3, 1e-9) << name;
  }
  auto one = plain("vanilla", 1);
  one.dale = false;
  one.autapses = false;
  one.spectral_radius = 1;
  EXPECT_THROW(make_network(one), std::runtime_error);
}

TEST(Initial, DensityIsExactAndAutapsesAreLeftOut) {
  auto settings = plain("conductance", 40);
  settings.density = 0.25;
  settings.input_density = 0.5;
  settings.autapses = false;
  const auto network = make_network(settings);
  const auto W = network.parameters().at("W");
  EXPECT_EQ(W.ne(0).sum().item<std::int64_t>(), 390);  // a quarter of 40 · 39
  EXPECT_TRUE(W.diagonal().eq(0).all().item<bool>());
  EXPECT_EQ(network.parameters().at("P").ne(0).sum().item<std::int64_t>(), 60);
  // The synapses that are there have the weights that they have without a mask.
  const auto dense = make_network(plain("conductance", 40)).parameters().at("W");
  EXPECT_TRUE(at::equal(W, dense * W.ne(0)));
}

TEST(Readout, InhibitoryUnitsAreNotRead) {
  auto settings = plain("conductance", 10);
  settings.ei_ratio = 0.7;
  const auto read = [&] { return make_network(settings).parameters().at("readout_weight").size(1); };
  EXPECT_EQ(read(), 7);
  settings.as_coded = true;
  EXPECT_EQ(read(), 10) << "the source's program reads them out";
  settings.as_coded = false;
  settings.readout = "all";
  EXPECT_EQ(read(), 10);
}

TEST(Noise, AddsItsVarianceTimesTwoAlphaToTheDrive) {
  auto settings = plain("leaky", 2000);
  settings.dale = false;
  settings.gain = 1e-9;  // W and P do nothing
  settings.z = 0.5;
  settings.activation = "tanh";
  settings.recurrent_noise = 0.01;  // small: tanh is linear
  const auto network = make_network(settings);
  const auto rates = [&](bool noise) {
    PassOptions options;
    if (noise) options.noise = make_generator(1);
    options.keep_rates = true;
    return network.run(at::zeros({1, 8, 3}, at::kDouble), options).rates;
  };
  const auto difference = rates(true) - rates(false);
  EXPECT_NEAR(difference.std().item<double>(), std::sqrt(2 * 0.5) * 0.01, 0.02 * 0.01);
}

}  // namespace
}  // namespace evobrnn
