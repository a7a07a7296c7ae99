// SPDX-License-Identifier: Apache-2.0
/// What stays so whatever a model computes: Dale's signs, missing synapses, ranges, where its numbers come from.
#include <ATen/ATen.h>

#include <cmath>

#include "core/conformance/model_subject.hpp"
#include "core/learning/optimizer.hpp"
#include "core/random.hpp"

namespace evobrnn::conformance {
namespace {

/// What must hold after every optimiser step. `missing`: [total] of the parameters, undefined where all are there.
bool obeys(const Network& network, const at::Tensor& missing, const std::string& when, TensorFindings& findings) {
  const auto& dale = network.model().dale();
  bool holds = true;
  if (dale.on) {
    const auto outgoing = dale.s * network.model().recurrent_weights().detach();  // ≥ 0: the sign of its unit
    const auto lowest = outgoing.flatten().argmin().item<std::int64_t>();
    holds = findings.expect(outgoing.flatten()[lowest].item<double>() >= 0,
                            element_text("recurrent weight ", outgoing.sizes(), lowest) + " " + when,
                            "the sign of its presynaptic unit", "the other one");
  }
  if (missing.defined()) {
    const auto grown = network.parameters().values().masked_select(missing).ne(0).sum().item<std::int64_t>();
    holds &= findings.expect(grown == 0, "synapses that do not exist " + when, "weights of zero",
                             std::to_string(grown) + " other weights");
  }
  return holds;
}

void dale_and_missing_synapses(const ModelSubject& subject, TensorFindings& findings) {
  for (const std::string projection : {"abs", "relu"}) {
    auto settings = subject.settings();
    settings.dale_projection = projection;
    auto network = subject.network(settings);
    TrainSettings train;
    train.lr = 0.05;
    Optimizer optimizer(train, network.parameters());
    const auto x = random_input(4, 5);
    const auto targets = at::tensor({0, 1, 2, 3, 0}, at::kLong);
    const auto mask = network.parameters().mask();
    const auto missing = mask.defined() ? mask.eq(0) : at::Tensor();
    findings.expect(missing.defined() == (settings.density < 1), "masks of the parameters",
                    settings.density < 1 ? "synapses that do not exist" : "all synapses", "not so");
    findings.expect(network.model().dale().on == settings.dale, "dale().on", settings.dale ? "true" : "false",
                    "not so");
    const auto loss = [&] { return at::cross_entropy_loss(logits(network, x), targets); };
    const double before = loss().item<double>();
    if (!obeys(network, missing, "before training", findings)) return;
    for (int i = 0; i < 100; ++i) {
      loss().backward();
      optimizer.step(train.lr);
      network.model().project();
      if (!obeys(network, missing, "after step " + std::to_string(i + 1) + ", projected by " + projection, findings))
        return;
    }
    const double after = loss().item<double>();
    findings.expect(after < before, "loss after 100 steps", "less than " + number_text(before), number_text(after));
  }
}

void ranges(const ModelSubject& subject, TensorFindings& findings) {
  const bool sigmoid = reads(subject.entry.about, "model.activation") && subject.settings().activation == "sigmoid";
  const double most = subject.entry.unbounded ? INFINITY : 1, least = subject.entry.unbounded ? -most
                                                                      : sigmoid               ? 0
                                                                                              : -1;
  const auto network = subject.network();
  for (const double scale : {0.0, 1.0, 1e6}) {
    const auto of = " for inputs up to " + number_text(scale);
    PassOptions options;
    options.record = [&](const State& state) {
      findings.expect_between("r" + of, state.r, least, most);
      if (state.z.defined()) findings.expect_between("z" + of, state.z, 0, 1);  // a model need not have one
      if (state.u.defined()) findings.expect_between("u" + of, state.u, 0, 1);
      if (state.x_s.defined()) findings.expect_between("x_s" + of, state.x_s, 0, 1);
      for (const auto& own : state.own) findings.expect_between("own state" + of, own, -INFINITY, INFINITY);
    };
    network.run(random_input(40, 2) * scale, options);
  }
}

void saved_weights(const ModelSubject& subject, TensorFindings& findings) {
  const auto saved = subject.network(1);
  auto loaded = subject.network(2);
  const auto x = random_input(5, 2);
  findings.expect_other("outputs of another seed", logits(loaded, x), logits(saved, x));
  loaded.load(saved.save());
  findings.expect_same("outputs with loaded weights", logits(loaded, x), logits(saved, x));
}

void seed_alone(const ModelSubject& subject, TensorFindings& findings) {
  const auto weights = [&](std::uint64_t seed) { return subject.network(seed).parameters().values().detach(); };
  findings.expect_same("parameters of the same seed", weights(7), weights(7));
  findings.expect_other("parameters of another seed", weights(8), weights(7));
}

void noise(const ModelSubject& subject, TensorFindings& findings) {
  auto settings = subject.settings();
  settings.recurrent_noise = 0.1;
  const auto network = subject.network(settings);
  const auto x = random_input(5, 2);
  const auto noisy = [&](std::uint64_t seed) {
    PassOptions options;
    options.noise = make_generator(seed);
    return network.run(x, options).outputs;
  };
  findings.expect_same("outputs under noise of the same seed", noisy(1), noisy(1));
  findings.expect_other("outputs under noise of another seed", noisy(2), noisy(1));
  findings.expect_same("outputs without noise, noise set", logits(network, x), logits(subject.network(), x));
}

/// What orders trials by length, predicts their memory and spends a search's budget.
void cost(const ModelSubject& subject, TensorFindings& findings) {
  const auto at_units = [&](std::int64_t n) {
    auto settings = subject.settings();
    settings.n = n;
    return subject.entry.products(settings, kInputs);
  };
  const auto small = at_units(kUnits), large = at_units(2 * kUnits);
  for (const auto& [name, count] : {std::pair("recurrent", small.recurrent), std::pair("input", small.input)})
    findings.expect(std::isfinite(count) && count > 0, std::string("multiply-adds, ") + name, "a positive number",
                    number_text(count));
  findings.expect(large.recurrent > small.recurrent, "multiply-adds of twice as many units",
                  "more than of half of them", number_text(large.recurrent));
  const double alpha = subject.network().model().time_step();
  findings.expect(alpha > 0 && alpha <= 1, "time_step(), which noise is scaled by", "in (0, 1]", number_text(alpha));
}

}  // namespace

const std::vector<ModelProperty>& invariant_properties() {
  static const std::vector<ModelProperty> list = {
      {"DaleAndMissingSynapsesHoldAfterTraining", dale_and_missing_synapses},
      {"RatesGatesAndResourcesStayInTheirRanges", ranges},
      {"SavedWeightsGiveTheSameBits", saved_weights},
      {"TheSeedAloneDecidesTheWeights", seed_alone},
      {"NoiseComesFromItsGeneratorAlone", noise},
      {"ItsCostIsCounted", cost},
  };
  return list;
}

}  // namespace evobrnn::conformance
