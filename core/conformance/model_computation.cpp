// SPDX-License-Identifier: Apache-2.0
/// What a model computes, against what it must: central differences, its own sequences one by one, its other path.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "core/conformance/model_subject.hpp"
#include "core/learning/objective.hpp"
#include "core/random.hpp"

namespace evobrnn::conformance {

at::Tensor random_input(std::int64_t steps, std::int64_t batch) {
  return at::rand({steps, batch, kInputs}, make_generator(5), at::TensorOptions().dtype(at::kDouble));
}

namespace {

constexpr double kExact = 1e-12;      ///< tolerance of what differs by the order of additions alone, in float64
constexpr double kBothPaths = 1e-10;  ///< … of the kernels, whose functions are polynomials
constexpr double kFloat32 = 1e-4;     ///< … of a few steps in float32

/// A derivative and how far it may be from the true one.
struct Derivative {
  double value = 0, error = 0;
};

/// The derivative at zero of `f`, by central differences of ever smaller steps that are extrapolated to the step 0
/// (Richardson; the choice among the extrapolations as Ridders, 1982): right to many digits also where f is steep, with
/// an error that tells where it is not.
Derivative extrapolated(const std::function<double(double step)>& difference) {
  constexpr int kSteps = 14;
  constexpr double kLargest = 1e-3;  // down to 1e-7
  std::vector<double> before;
  Derivative best{0, INFINITY};
  double step = kLargest;
  for (int i = 0; i < kSteps; ++i, step /= 2) {
    std::vector<double> row{difference(step)};
    for (double power = 4; row.size() <= before.size(); power *= 4) {
      const auto known = row.size() - 1;
      const double better = row[known] + (row[known] - before[known]) / (power - 1);
      const double error = std::max(std::abs(better - row[known]), std::abs(better - before[known]));
      if (error <= best.error) best = {better, error};
      row.push_back(better);
    }
    before = std::move(row);
  }
  return best;
}

/// Compares every gradient of `loss` with central differences, but for synapses that do not exist: no gradient reaches
/// them, and |W| and |P| have a kink at zero. One small step is enough where the loss is no steeper than those of our
/// models; where it seems not to agree, differences are extrapolated, and the gradient may be off by four times their
/// error, which itself must be small beside them.
void expect_true_gradients(const Network& network, const std::function<at::Tensor()>& loss, TensorFindings& findings) {
  constexpr double kStep = 1e-5, kTolerance = 1e-8, kErrors = 4, kLargestError = 1e-3;
  network.parameters().gradients().zero_();
  loss().backward();
  at::NoGradGuard no_grad;
  const auto mask = network.parameters().mask();
  std::int64_t place = 0;  // in the flat buffer
  for (const auto& [name, parameter] : network.parameters().named()) {
    auto flat = parameter.detach().view({-1});
    const auto gradient = parameter.grad().view({-1});
    for (std::int64_t i = 0; i < flat.numel() && !findings.full(); ++i) {
      if (mask.defined() && mask[place++].item<double>() == 0) continue;
      const double before = flat[i].item<double>();
      const auto difference = [&](double step) {
        flat[i] = before + step;
        const double up = loss().item<double>();
        flat[i] = before - step;
        const double down = loss().item<double>();
        flat[i] = before;
        return (up - down) / (2 * step);
      };
      const double seen = gradient[i].item<double>();
      if (std::abs(seen - difference(kStep)) <= kTolerance) continue;
      const auto [expected, error] = extrapolated(difference);
      const auto where = "gradient of " + element_text(name, parameter.sizes(), i);
      if (findings.expect(error <= kTolerance + kLargestError * std::abs(expected), where,
                          "a derivative that central differences come to as their step goes to 0",
                          fmt::format("{}, and differences that come to {} ± {}", seen, expected, error)))
        findings.expect_near(where, seen, expected, kTolerance * (1 + std::abs(expected)) + kErrors * error);
    }
  }
}

void gradients(const ModelSubject& subject, TensorFindings& findings) {
  const auto network = subject.network();
  const auto x = random_input(6, 3);
  const auto targets = at::tensor({0, 3, 1}, at::kLong);
  expect_true_gradients(
      network, [&] { return at::cross_entropy_loss(logits(network, x), targets); }, findings);
}

/// Noise, lengths, a reset, a target at every step with a mask, and both penalties at once.
void gradients_under_every_setting(const ModelSubject& subject, TensorFindings& findings) {
  auto settings = subject.settings();
  settings.recurrent_noise = 0.1;
  settings.input_noise = 0.2;
  const auto network = subject.network(settings);
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
  expect_true_gradients(network, objective, findings);
  batch.y = at::rand({6, 3, kOutputs}, make_generator(7), at::TensorOptions().dtype(at::kDouble));
  batch.mask = at::rand({6, 3}, make_generator(8), at::TensorOptions().dtype(at::kDouble));
  expect_true_gradients(network, objective, findings);
}

void rows_are_independent(const ModelSubject& subject, TensorFindings& findings) {
  const auto network = subject.network();
  const auto x = random_input(5, 4);
  const auto together = logits(network, x);
  for (std::int64_t row = 0; row < x.size(1); ++row) {
    findings.expect_close("outputs of row " + std::to_string(row) + " among others", together.narrow(0, row, 1),
                          logits(network, x.narrow(1, row, 1)), kExact);
  }
}

void two_pieces(const ModelSubject& subject, TensorFindings& findings) {
  constexpr double kSame = 1e-13;
  const auto network = subject.network();
  const auto x = random_input(8, 2);
  const auto run = [&](State state, const at::Tensor& piece) {
    const auto step = network.model().unroll(piece);
    for (std::int64_t t = 0; t < piece.size(0); ++t) state = step(state, t);
    return state;
  };
  const auto start = [&] { return network.model().initial_state(2); };
  const auto whole = run(start(), x), pieces = run(run(start(), x.narrow(0, 0, 3)), x.narrow(0, 3, 5));
  findings.expect_close("r after the second piece", pieces.r, whole.r, kSame);
  for (std::size_t i = 0; i < whole.own.size(); ++i)
    findings.expect_close("own state " + std::to_string(i) + " after the second piece", pieces.own.at(i), whole.own[i],
                          kSame);
}

void reset(const ModelSubject& subject, TensorFindings& findings) {
  const auto network = subject.network();
  const auto x = random_input(8, 2);
  PassOptions options;
  options.reset = at::tensor({5, 0}, at::kLong);
  const auto outputs = network.run(x, options).outputs;
  findings.expect_close("outputs of the row that is reset before step 5", outputs[0],
                        logits(network, x.narrow(0, 5, 3))[0], kExact);
  findings.expect_close("outputs of the row that is not reset", outputs[1], logits(network, x)[1], kExact);
  options.reset = at::tensor({8, 8}, at::kLong);
  const auto after = network.run(x, options).outputs;
  findings.expect_close("outputs after a reset behind the last step", after,
                        network.parameters().at("readout_bias").expand_as(after), 1e-8);
}

void padded_batch(const ModelSubject& subject, TensorFindings& findings) {
  const auto network = subject.network();
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
    return sum / static_cast<double>(lengths.size());
  });
  findings.expect_close("loss of the padded batch", padded.first, one_by_one.first, kExact);
  findings.expect_close("gradients of the padded batch", padded.second, one_by_one.second, kExact);
}

/// Loss and gradients of the same network on both paths, where the model says that a kernel is its equation.
void both_paths(const ModelSubject& subject, TensorFindings& findings) {
  const auto fast = subject.network(subject.settings(), Path::automatic);
  if (!findings.expect(fast.model().rate_equation().has_value() || !subject.entry.about.kernel, "rate_equation()",
                       "one of the kernels' forms, as the model's entry says", "nothing") ||
      !fast.model().rate_equation())
    return;
  const auto reference = subject.network(subject.settings(), Path::reference);
  const auto x = random_input(6, 3);
  const auto targets = at::tensor({0, 3, 1}, at::kLong);
  for (const auto* network : {&fast, &reference}) at::cross_entropy_loss(logits(*network, x), targets).backward();
  findings.expect_close("outputs on the kernels", logits(fast, x), logits(reference, x), kBothPaths);
  findings.expect_close("gradients on the kernels", fast.parameters().gradients(), reference.parameters().gradients(),
                        kBothPaths);
}

/// Trainings run in float32: the same weights must give nearly the same outputs, and gradients must flow.
void float32(const ModelSubject& subject, TensorFindings& findings) {
  const auto exact = subject.network(),
             rounded = subject.network(subject.settings(), subject.variant.path, 1, at::kFloat);
  {
    at::NoGradGuard no_grad;
    rounded.parameters().values().copy_(exact.parameters().values());
  }
  const auto x = random_input(6, 3);
  const auto targets = at::tensor({0, 3, 1}, at::kLong);
  const auto outputs = logits(rounded, x.to(at::kFloat));
  findings.expect(outputs.scalar_type() == at::kFloat, "dtype of the outputs of a float32 network", "float32",
                  c10::toString(outputs.scalar_type()));
  findings.expect_close("outputs in float32", outputs, logits(exact, x), kFloat32);
  at::cross_entropy_loss(outputs, targets).backward();
  at::cross_entropy_loss(logits(exact, x), targets).backward();
  findings.expect_close("gradients in float32", rounded.parameters().gradients(), exact.parameters().gradients(),
                        kFloat32);
}

}  // namespace

const std::vector<ModelProperty>& computation_properties() {
  static const std::vector<ModelProperty> list = {
      {"GradientsEqualCentralDifferences", gradients},
      {"GradientsEqualCentralDifferencesUnderEverySettingThatChangesThem", gradients_under_every_setting},
      {"BatchRowsAreIndependent", rows_are_independent},
      {"ARunInTwoPiecesEqualsTheWhole", two_pieces},
      {"AResetStartsTheSequenceAnew", reset},
      {"APaddedBatchEqualsItsSequencesOneByOne", padded_batch},
      {"BothPathsGiveTheSame", both_paths},
      {"Float32AgreesWithFloat64", float32},
  };
  return list;
}

}  // namespace evobrnn::conformance
