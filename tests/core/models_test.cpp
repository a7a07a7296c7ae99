// SPDX-License-Identifier: Apache-2.0
/// Properties that every registered model must have: the suite loops over the registry, so a new model cannot escape
/// it.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/learning/objective.hpp"
#include "core/learning/optimizer.hpp"
#include "core/models/network.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

struct Variant {
  std::string name;
  ModelSettings settings;
  Path path = Path::automatic;
  friend void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }
};

const ModelEntry& entry_of(const ModelSettings& settings) { return find_model(settings.name); }

bool has(const ModelSettings& settings, const std::string& path) { return reads(entry_of(settings).about, path); }

/// Adds the variants of one model with and without Dale: kinds of A, as coded, constants of plasticity, activations,
/// missing synapses, initialisations.
void add_variants(std::vector<Variant>& list, ModelSettings s) {
  const auto add = [&](const std::string& name, ModelSettings settings) {
    list.push_back({s.name + (s.dale ? "_dale" : "") + name, std::move(settings)});
  };
  const auto changed = [&s](const std::function<void(ModelSettings&)>& change) {
    auto copy = s;
    change(copy);
    return copy;
  };
  if (has(s, "model.a_kind")) {
    s.trained = {"A", "dt"};
    for (const std::string kind : {"constant", "presynaptic", "postsynaptic", "matrix", "ei"}) {
      if (kind == "ei" && !s.dale) continue;
      s.a_kind = kind;
      add("_" + kind, s);
      if (has(s, "model.as_coded") && (kind == "ei" || kind == "matrix"))
        add("_" + kind + "_as_coded", changed([](auto& m) { m.as_coded = true; }));
    }
    s.a_kind = "constant";
    add("_A_set", changed([](auto& m) { m.trained = {}; }));
  } else {
    add("", s);
  }
  if (has(s, "model.stp_constants")) {
    for (const std::string constants : {"set", "mixed", "mongillo"})
      add("_" + constants, changed([&](auto& m) { m.stp_constants = constants; }));
  } else if (has(s, "model.activation")) {
    add("_tanh", changed([](auto& m) { m.activation = "tanh"; }));
  }
  add("_sparse", changed([](auto& m) {
        m.density = 0.4;
        m.input_density = 0.6;
        m.autapses = false;
      }));
  add("_radius", changed([](auto& m) { m.spectral_radius = 0.8; }));
  if (!s.dale) add("_orthogonal", changed([](auto& m) { m.init = "orthogonal"; }));
}

std::vector<Variant> variants() {
  std::vector<Variant> list;
  for (const auto& entry : models()) {
    for (const bool dale : {false, true}) {
      if (dale && !reads(entry.about, "model.dale")) continue;
      ModelSettings s;
      s.name = entry.about.name;
      s.n = 7;
      s.dale = dale;
      s.ei_ratio = 0.6;
      s.gain = 2;
      add_variants(list, s);
    }
  }
  // What core/kernels/ covers runs on both paths.
  const auto on_any_path = list;
  for (auto variant : on_any_path) {
    if (!entry_of(variant.settings).about.kernel) continue;
    variant.path = Path::reference;
    variant.name += "_on_the_reference";
    list.push_back(variant);
  }
  return list;
}

/// The path of make_network(), which EveryModel sets to its parameter's.
Path path_under_test = Path::automatic;

Network make_network(const ModelSettings& settings, std::uint64_t seed = 1) {
  return {settings, {3, 4, at::kDouble, at::kCPU, seed, path_under_test}};
}

at::Tensor random_input(std::int64_t steps, std::int64_t batch) {
  return at::rand({steps, batch, 3}, make_generator(5), at::TensorOptions().dtype(at::kDouble));
}

at::Tensor logits(const Network& network, const at::Tensor& x) { return network.run(x).outputs; }

/// Compares every gradient of `loss` with central differences, but for synapses that do not exist: no gradient reaches
/// them, and |W| and |P| have a kink at zero.
void expect_true_gradients(const Network& network, const std::function<at::Tensor()>& loss) {
  network.parameters().gradients().zero_();
  loss().backward();
  at::NoGradGuard no_grad;
  constexpr double kStep = 1e-5;
  const auto mask = network.parameters().mask();
  std::int64_t place = 0;  // in the flat buffer
  for (const auto& [name, parameter] : network.parameters().named()) {
    auto flat = parameter.detach().view({-1});
    const auto gradient = parameter.grad().view({-1});
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      if (mask.defined() && mask[place++].item<double>() == 0) continue;
      const double before = flat[i].item<double>();
      flat[i] = before + kStep;
      const double up = loss().item<double>();
      flat[i] = before - kStep;
      const double down = loss().item<double>();
      flat[i] = before;
      ASSERT_NEAR(gradient[i].item<double>(), (up - down) / (2 * kStep), 1e-8) << name << "[" << i << "]";
    }
  }
}

class EveryModel : public testing::TestWithParam<Variant> {
 protected:
  EveryModel() { path_under_test = GetParam().path; }
  ~EveryModel() override { path_under_test = Path::automatic; }
};

TEST_P(EveryModel, GradientsEqualCentralDifferences) {
  const auto network = make_network(GetParam().settings);
  const auto x = random_input(6, 3);
  const auto targets = at::tensor({0, 3, 1}, at::kLong);
  expect_true_gradients(network, [&] { return at::cross_entropy_loss(logits(network, x), targets); });
}

/// Noise, lengths, a reset, a target at every step with a mask, and both penalties at once.
TEST_P(EveryModel, GradientsEqualCentralDifferencesUnderEverySettingThatChangesThem) {
  auto settings = GetParam().settings;
  settings.recurrent_noise = 0.1;
  settings.input_noise = 0.2;
  const auto network = make_network(settings);
  TrainSettings train;
  train.l2_rates = 0.3;
  train.l2_weights = 0.7;
  Batch batch;
  batch.x = random_input(6, 3);
  batch.reset = at::tensor({2, 0, 3}, at::kLong);
  batch.lengths = at::tensor({6, 4, 5}, at::kLong);
  const auto objective = [&] {
    auto options = pass_options(batch);
    options.noise = make_generator(3);
    options.keep_rates = true;
    const auto pass = network.run(batch.x, options);
    return loss_of(pass.outputs, batch) + penalty(train, network, pass, batch);
  };
  batch.y = at::tensor({0, 3, 1}, at::kLong);
  expect_true_gradients(network, objective);
  batch.y = at::rand({6, 3, 4}, make_generator(7), at::TensorOptions().dtype(at::kDouble));
  batch.mask = at::rand({6, 3}, make_generator(8), at::TensorOptions().dtype(at::kDouble));
  expect_true_gradients(network, objective);
}

TEST_P(EveryModel, BatchRowsAreIndependent) {
  const auto network = make_network(GetParam().settings);
  const auto x = random_input(5, 4);
  const auto together = logits(network, x);
  for (std::int64_t row = 0; row < 4; ++row) {
    EXPECT_TRUE(at::allclose(logits(network, x.narrow(1, row, 1)), together.narrow(0, row, 1), 1e-12, 1e-12));
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

TEST_P(EveryModel, AResetStartsTheSequenceAnew) {
  const auto network = make_network(GetParam().settings);
  const auto x = random_input(8, 2);
  PassOptions options;
  options.reset = at::tensor({5, 0}, at::kLong);
  const auto outputs = network.run(x, options).outputs;
  EXPECT_TRUE(at::allclose(outputs[0], logits(network, x.narrow(0, 5, 3))[0], 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(outputs[1], logits(network, x)[1], 1e-12, 1e-12));
  options.reset = at::tensor({8, 8}, at::kLong);
  EXPECT_TRUE(at::allclose(network.run(x, options).outputs[0], network.parameters().at("readout_bias")));
}

TEST_P(EveryModel, APaddedBatchEqualsItsSequencesOneByOne) {
  const auto network = make_network(GetParam().settings);
  const std::vector<std::int64_t> lengths = {7, 3, 5};
  Batch batch;
  batch.x = random_input(7, 3);
  batch.y = at::tensor({0, 3, 1}, at::kLong);
  batch.lengths = at::tensor(lengths, at::kLong);
  const auto gradients = [&](const std::function<at::Tensor()>& loss) {
    network.parameters().gradients().zero_();
    const auto value = loss();
    value.backward();
    return std::make_pair(value.detach(), network.parameters().gradients().clone());
  };
  const auto padded = gradients([&] { return loss_of(network.run(batch.x, pass_options(batch)).outputs, batch); });
  const auto one_by_one = gradients([&] {
    auto sum = at::zeros({}, at::kDouble);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      sum = sum + at::cross_entropy_loss(logits(network, batch.x.narrow(0, 0, lengths[i]).narrow(1, row, 1)),
                                         batch.y.narrow(0, row, 1));
    }
    return sum / 3;
  });
  EXPECT_TRUE(at::allclose(padded.first, one_by_one.first, 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(padded.second, one_by_one.second, 1e-11, 1e-13));
}

TEST_P(EveryModel, DaleAndMissingSynapsesHoldAfterTraining) {
  for (const std::string projection : {"abs", "relu"}) {
    auto settings = GetParam().settings;
    settings.dale_projection = projection;
    auto network = make_network(settings);
    TrainSettings train;
    train.lr = 0.05;
    Optimizer optimizer(train, network.parameters());
    const auto x = random_input(4, 5);
    const auto targets = at::tensor({0, 1, 2, 3, 0}, at::kLong);
    const auto missing = network.parameters().mask().defined() ? network.parameters().mask().eq(0) : at::Tensor();
    ASSERT_EQ(missing.defined(), settings.density < 1);
    const double before = at::cross_entropy_loss(logits(network, x), targets).item<double>();
    for (int i = 0; i < 100; ++i) {
      at::cross_entropy_loss(logits(network, x), targets).backward();
      optimizer.step(train.lr);
      network.model().project();
      const auto& dale = network.model().dale();
      ASSERT_EQ(dale.on, settings.dale);
      if (dale.on) {
        ASSERT_GE((dale.s * network.parameters().at("W")).min().item<double>(), 0) << "step " << i;
      }
      if (missing.defined()) {
        ASSERT_TRUE(network.parameters().values().masked_select(missing).eq(0).all().item<bool>()) << "step " << i;
      }
    }
    EXPECT_LT(at::cross_entropy_loss(logits(network, x), targets).item<double>(), before);
  }
}

TEST_P(EveryModel, RatesGatesAndResourcesStayInTheirRanges) {
  const auto& settings = GetParam().settings;
  const bool sigmoid = settings.activation == "sigmoid" && settings.name != "gru";
  const auto network = make_network(settings);
  PassOptions options;
  options.record = [&](const State& state) {
    const auto expect_between = [](const at::Tensor& values, double low, double high) {
      EXPECT_TRUE(values.isfinite().all().item<bool>());
      EXPECT_GE(values.min().item<double>(), low);
      EXPECT_LE(values.max().item<double>(), high);
    };
    expect_between(state.r, sigmoid ? 0 : -1, 1);
    expect_between(state.z, 0, 1);
    if (state.u.defined()) {
      expect_between(state.u, 0, 1);
      expect_between(state.x_s, 0, 1);
    }
  };
  for (const double scale : {0.0, 1.0, 1e6}) network.run(random_input(40, 2) * scale, options);
}

TEST_P(EveryModel, SavedWeightsGiveTheSameBits) {
  const auto saved = make_network(GetParam().settings, 1);
  auto loaded = make_network(GetParam().settings, 2);
  const auto x = random_input(5, 2);
  ASSERT_FALSE(at::equal(logits(saved, x), logits(loaded, x)));
  loaded.load(saved.save());
  EXPECT_TRUE(at::equal(logits(saved, x), logits(loaded, x)));
}

TEST_P(EveryModel, TheSeedAloneDecidesTheWeights) {
  const auto first = make_network(GetParam().settings, 7), again = make_network(GetParam().settings, 7),
             other = make_network(GetParam().settings, 8);
  EXPECT_TRUE(at::equal(first.parameters().values(), again.parameters().values()));
  EXPECT_FALSE(at::equal(first.parameters().values(), other.parameters().values()));
}

TEST_P(EveryModel, NoiseComesFromItsGeneratorAlone) {
  auto settings = GetParam().settings;
  settings.recurrent_noise = 0.1;
  const auto network = make_network(settings);
  const auto x = random_input(5, 2);
  const auto noisy = [&](std::uint64_t seed) {
    PassOptions options;
    options.noise = make_generator(seed);
    return network.run(x, options).outputs;
  };
  EXPECT_TRUE(at::equal(noisy(1), noisy(1)));
  EXPECT_FALSE(at::equal(noisy(1), noisy(2)));
  EXPECT_TRUE(at::equal(logits(network, x), logits(make_network(GetParam().settings), x)));
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryModel, testing::ValuesIn(variants()),
                         [](const auto& tested) { return tested.param.name; });

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
