// SPDX-License-Identifier: Apache-2.0
/// The fast kernels against the reference: outputs, rates and every gradient, over random models, settings and shapes,
/// on every instruction set of this machine.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <thread>

#include "core/kernels/workspace.hpp"
#include "core/learning/fused_loss.hpp"
#include "core/learning/objective.hpp"
#include "core/learning/peak_memory.hpp"
#include "core/models/network.hpp"
#include "core/random.hpp"
#include "tests/core/instruction_sets.hpp"

namespace evobrnn {
namespace {

/// A network, a batch, and how the batch is run.
struct Scene {
  ModelSettings model;
  TrainSettings train;
  std::int64_t steps = 1, batch = 1, n_in = 1, n_out = 3;
  bool every_step = false, values = false, lengths = false, reset = false;
  std::uint64_t seed = 0;

  friend std::ostream& operator<<(std::ostream& out, const Scene& s) {
    return out << s.model.name << " a_kind=" << s.model.a_kind << " as_coded=" << s.model.as_coded
               << " dale=" << s.model.dale << " activation=" << s.model.activation << " A_E=" << s.model.A_E
               << " A_I=" << s.model.A_I << " trained=" << s.model.trained.size() << " stp=" << s.model.stp_constants
               << " noise=" << s.model.recurrent_noise << " n=" << s.model.n << " T=" << s.steps << " B=" << s.batch
               << " n_in=" << s.n_in << " every_step=" << s.every_step << " values=" << s.values
               << " lengths=" << s.lengths << " reset=" << s.reset << " l2_rates=" << s.train.l2_rates
               << " seed=" << s.seed;
  }
};

struct Results {
  double loss = 0;
  at::Tensor outputs, rates;
  std::vector<NamedTensor> gradients;
};

Batch batch_of(const Scene& scene, at::ScalarType dtype) {
  const auto options = at::TensorOptions().dtype(dtype);
  const auto generator = make_generator(scene.seed + 1);
  const auto up_to = [&](std::int64_t low, std::int64_t high, at::IntArrayRef shape) {
    return at::randint(low, high + 1, shape, generator, at::TensorOptions().dtype(at::kLong));
  };
  Batch batch;
  batch.x = at::randn({scene.steps, scene.batch, scene.n_in}, generator, options);
  if (scene.lengths) batch.lengths = up_to(1, scene.steps, {scene.batch});
  if (scene.reset) batch.reset = up_to(0, scene.steps, {scene.batch});
  auto shape = scene.every_step ? std::vector{scene.steps, scene.batch} : std::vector{scene.batch};
  if (scene.every_step) batch.mask = at::rand(shape, generator, options) - 0.3;
  if (scene.every_step) batch.mask = batch.mask.clamp_min(0);
  if (scene.values) shape.push_back(scene.n_out);
  batch.y = scene.values ? at::randn(shape, generator, options) : up_to(0, scene.n_out - 1, shape);
  return batch;
}

std::vector<NamedTensor> gradients_of(const Network& network) {
  std::vector<NamedTensor> gradients;
  for (const auto& [name, tensor] : network.parameters().named()) gradients.push_back({name, tensor.grad()});
  return gradients;
}

Results run(const Scene& scene, Path path, at::ScalarType dtype) {
  Network network(scene.model, {scene.n_in, scene.n_out, dtype, at::kCPU, scene.seed, path});
  const auto batch = batch_of(scene, dtype);
  auto options = pass_options(batch);
  options.noise = make_generator(scene.seed + 2);
  options.keep_rates = scene.train.l2_rates > 0;
  const auto pass = network.run(batch.x, options);
  auto loss = loss_of(pass.outputs, batch);
  if (const auto penalised = penalty(scene.train, network, pass, batch); penalised.defined()) loss = loss + penalised;
  loss.backward();
  return {loss.item<double>(), pass.outputs.detach(), pass.rates.defined() ? pass.rates.detach() : at::Tensor(),
          gradients_of(network)};
}

/// Loss and gradients without autograd; nothing where that does not cover the scene.
std::optional<Results> run_fused(const Scene& scene, at::ScalarType dtype) {
  if (scene.train.l2_rates > 0) return std::nullopt;
  Network network(scene.model, {scene.n_in, scene.n_out, dtype, at::kCPU, scene.seed, Path::automatic});
  const auto batch = batch_of(scene, dtype);
  auto options = pass_options(batch);
  options.noise = make_generator(scene.seed + 2);
  FusedLoss fused(network);
  const auto loss = fused(batch, options);
  if (!loss) return std::nullopt;
  return Results{*loss, {}, {}, gradients_of(network)};
}

/// Largest difference, relative to the largest magnitude expected.
double error(const at::Tensor& actual, const at::Tensor& expected) {
  const double scale = std::max(expected.abs().max().item<double>(), 1e-6);
  return (actual.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>() / scale;
}

// The same numbers but for the order of sums; in float32 the gradients of A and dt are sums with cancellation.
constexpr double kTolerance64 = 1e-9, kTolerance32 = 2e-3;

std::string difference(const std::vector<NamedTensor>& actual, const std::vector<NamedTensor>& expected,
                       double tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double off = error(actual[i].tensor, expected[i].tensor);
    if (!(off <= tolerance)) return expected[i].name + " " + std::to_string(off);
  }
  return {};
}

/// The first quantity in which the kernels differ from the reference, or empty.
std::string difference(const Scene& scene, at::ScalarType dtype = at::kDouble) {
  const double tolerance = dtype == at::kDouble ? kTolerance64 : kTolerance32;
  const auto expected = run(scene, Path::reference, dtype), actual = run(scene, Path::automatic, dtype);
  if (!(error(actual.outputs, expected.outputs) <= tolerance)) return "outputs";
  if (expected.rates.defined() && !(error(actual.rates, expected.rates) <= tolerance)) return "rates";
  if (const auto off = difference(actual.gradients, expected.gradients, tolerance); !off.empty()) return off;
  const auto fused = run_fused(scene, dtype);
  if (!fused) return {};
  if (!(std::abs(fused->loss - expected.loss) <= tolerance * (1 + std::abs(expected.loss)))) return "fused loss";
  const auto off = difference(fused->gradients, expected.gradients, tolerance);
  return off.empty() ? off : "fused " + off;
}

Scene any_scene() {
  using rc::gen::element;
  using rc::gen::inRange;
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  Scene scene;
  auto& model = scene.model;
  model.name = *element<std::string>("conductance", "conductance", "leaky", "vanilla", "multiscale", "simple_gru",
                                     "stp", "conductance_stp");
  model.dale = flag();
  model.ei_ratio = *element(0.01, 0.5, 0.8, 0.99);
  model.readout = *element<std::string>("excitatory", "all");
  model.n = *inRange<std::int64_t>(model.dale ? 2 : 1, 40);
  model.gain = 2;
  const bool plastic = model.name == "stp" || model.name == "conductance_stp";
  model.activation = plastic || flag() ? "sigmoid" : "tanh";
  if (plastic) model.stp_constants = *element<std::string>("trained", "set", "mixed");
  model.stp_dt = *element(0.3, 1.0);
  model.a_kind = model.dale ? *element<std::string>("ei", "constant", "presynaptic", "postsynaptic", "matrix")
                            : *element<std::string>("constant", "presynaptic", "postsynaptic", "matrix");
  model.as_coded = (model.a_kind == "ei" || model.a_kind == "matrix") && *inRange(0, 4) == 0;
  model.A = model.A_E = *element(0.4, 3.0, 1e-6);
  model.A_I = *element(0.4, 3.0, 1e-6);
  if (flag()) model.trained = {"A", "dt"};
  model.density = *element(1.0, 0.5);
  if (flag()) model.recurrent_noise = 0.1;
  if (flag()) model.input_noise = 0.1;
  scene.steps = *inRange<std::int64_t>(1, 9);
  scene.batch = *inRange<std::int64_t>(1, 75);
  scene.n_in = *inRange<std::int64_t>(1, 6);
  scene.every_step = flag();
  scene.values = flag();
  scene.n_out = *element<std::int64_t>(1, 3, 10, 17);
  scene.lengths = flag();
  scene.reset = flag();
  if (flag()) scene.train.l2_rates = 0.3;
  scene.seed = *inRange<std::uint64_t>(0, 1000);
  return scene;
}

/// The same cases every time, unless RC_PARAMS says otherwise.
const int same_cases = setenv("RC_PARAMS", "seed=1", 0);

TEST(Kernels, EqualTheReferenceInFloat64OnAnyInstructionSet) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    EXPECT_TRUE(rc::check("kernel = reference in float64 on " + name, [] {
      const auto scene = any_scene();
      RC_LOG() << scene;
      RC_ASSERT(difference(scene) == "");
    }));
  });
}

TEST(Kernels, ComeNearTheReferenceInFloat32OnAnyInstructionSet) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    EXPECT_TRUE(rc::check("kernel = reference in float32 on " + name, [] {
      const auto scene = any_scene();
      RC_LOG() << scene;
      RC_ASSERT(difference(scene, at::kFloat) == "");
    }));
  });
}

Scene large_scene(const std::string& model) {
  Scene scene;
  scene.model.name = model;
  scene.model.n = 90;
  scene.model.trained = {"A", "dt"};
  scene.steps = 70;
  scene.batch = 70;
  scene.n_in = 2;
  scene.reset = true;
  scene.every_step = true;
  return scene;
}

/// More steps than wait for their products at one time, and more samples than a panel.
TEST(Kernels, EqualTheReferenceOverManyStepsAndPanels) {
  for (const std::string model : {"conductance", "conductance_stp", "leaky"})
    EXPECT_EQ(difference(large_scene(model)), "") << model;
}

TEST(Kernels, GiveTheSameBitsWhateverTheWorkspaceHeld) {
  const auto scene = large_scene("conductance");
  const auto bits = [&] {
    const auto results = run(scene, Path::automatic, at::kFloat);
    std::vector<at::Tensor> flat = {results.outputs.reshape({-1})};
    for (const auto& [name, gradient] : results.gradients) flat.push_back(gradient.reshape({-1}));
    return at::cat(flat);
  };
  const auto first = bits();
  for (const auto& other : {large_scene("conductance_stp"), large_scene("stp")})
    run(other, Path::automatic, at::kDouble);
  EXPECT_TRUE(at::equal(bits(), first));
  {
    constexpr std::size_t kBytes = 1 << 28;
    const kernels::Workspace all(kBytes);
    std::fill_n(static_cast<float*>(all.data()), kBytes / sizeof(float), std::numeric_limits<float>::quiet_NaN());
  }
  EXPECT_TRUE(at::equal(bits(), first)) << "after a workspace full of NaN";
  at::Tensor on_another_thread;
  std::thread([&] { on_another_thread = bits(); }).join();
  EXPECT_TRUE(at::equal(on_another_thread, first));
}

TEST(Kernels, LossAndGradientsComeWithoutAutogradWhereTheLastOrEveryStepIsRead) {
  auto scene = large_scene("conductance");
  EXPECT_TRUE(run_fused(scene, at::kFloat));
  scene.every_step = false;
  EXPECT_FALSE(run_fused(scene, at::kFloat)) << "a reset may come after the last step";
  scene.reset = false;
  EXPECT_TRUE(run_fused(scene, at::kFloat));
  scene.lengths = true;
  EXPECT_FALSE(run_fused(scene, at::kFloat));
}

TEST(Kernels, ALossThatIsNotFiniteIsSeen) {
  auto scene = large_scene("conductance");
  Network network(scene.model, {scene.n_in, scene.n_out, at::kFloat, at::kCPU, 1});
  auto batch = batch_of(scene, at::kFloat);
  batch.x[0][0][0] = std::numeric_limits<float>::quiet_NaN();
  FusedLoss fused(network);
  EXPECT_FALSE(std::isfinite(*fused(batch, pass_options(batch))));
}

TEST(Kernels, GiveTheSameRatesWithoutGradients) {
  const auto scene = large_scene("conductance_stp");
  const Network network(scene.model, {scene.n_in, scene.n_out, at::kFloat, at::kCPU, 1});
  const auto batch = batch_of(scene, at::kFloat);
  const auto options = pass_options(batch);
  const auto with = network.run(batch.x, options).outputs;
  at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(network.run(batch.x, options).outputs, with.detach()));
}

TEST(Kernels, TheirResultsDoNotDependOnTheOtherSamples) {
  auto scene = large_scene("conductance");
  scene.reset = false;
  const Network network(scene.model, {scene.n_in, scene.n_out, at::kFloat, at::kCPU, 1});
  const auto x = batch_of(scene, at::kFloat).x;
  PassOptions options;
  options.keep_rates = true;
  const auto all = network.run(x, options).rates;
  for (const std::int64_t row : {0, 63, 64, 69}) {
    const auto alone = network.run(x.narrow(1, row, 1), options).rates;
    EXPECT_TRUE(at::equal(alone, all.narrow(1, row, 1))) << row;
  }
}

TEST(Kernels, TwoPassesMayWaitForTheirGradients) {
  const auto scene = large_scene("conductance");
  const Network network(scene.model, {scene.n_in, scene.n_out, at::kDouble, at::kCPU, 1});
  const auto batch = batch_of(scene, at::kDouble);
  const auto gradient_of = [&](const at::Tensor& loss) {
    network.parameters().gradients().zero_();
    loss.backward();
    return network.parameters().gradients().clone();
  };
  const auto loss = [&](const at::Tensor& x) { return network.run(x).outputs.square().mean(); };
  const auto apart = gradient_of(loss(batch.x)) + gradient_of(loss(2 * batch.x));
  EXPECT_TRUE(at::allclose(gradient_of(loss(batch.x) + loss(2 * batch.x)), apart, 1e-12, 1e-14));
}

TEST(Kernels, AWorkspaceIsUsedAgain) {
  const void* first = kernels::Workspace(1000).data();
  EXPECT_EQ(kernels::Workspace(900).data(), first);
  const PeakMemory memory;
  {
    const kernels::Workspace one(500), other(700);
    EXPECT_NE(one.data(), other.data());
  }
  EXPECT_EQ(memory.bytes(), 1200);
}

TEST(Kernels, CoverWhatTheCatalogueSays) {
  for (const auto& entry : models()) {
    ModelSettings settings;
    settings.dale = reads(entry.about, "model.dale");
    const auto generator = make_generator(1);
    const auto model = entry.make({settings, 2, at::kFloat, at::kCPU, generator, generator});
    EXPECT_EQ(model->rate_equation().has_value(), entry.about.kernel) << entry.about.name;
  }
}

TEST(Kernels, AskedForWhereThereIsNoneIsAnError) {
  TrialSettings settings;
  settings.core.path = "kernel";
  EXPECT_TRUE(cross_check(settings).empty());
  settings.model.name = "gru";
  const auto mistakes = cross_check(settings);
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0].key, "core.path");
  EXPECT_NE(mistakes[0].rule.find("gru"), std::string::npos);
}

}  // namespace
}  // namespace evobrnn
