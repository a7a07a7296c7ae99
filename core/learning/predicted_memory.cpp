// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>

#include "core/learning/trainer.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

/// Sizes of one pass.
struct PassSize {
  std::int64_t steps = 0, batch = 0;
  bool every_rate = false;  ///< the rates of all steps are wanted, not only the last
};

/// Numbers in the tensors of a batch.
std::int64_t batch_numbers(const PassSize& pass, const TaskShape& shape) {
  constexpr std::int64_t kTargets = 2, kWeights = 2;  // int64 or n_out values; mask and scored
  const auto at_steps = shape.every_step ? pass.steps : 1;
  return pass.batch * (pass.steps * shape.n_in + at_steps * (std::max(kTargets, shape.n_out) + kWeights));
}

/// The same network as to its size. Whether W can be scaled depends on its seed, and sizes do not.
ModelSettings without_scaling(ModelSettings settings) {
  settings.spectral_radius = 0;
  return settings;
}

class Prediction {
 public:
  Prediction(const TrialSettings& settings, const TaskShape& shape)
      : settings_(settings),
        shape_(shape),
        dtype_(to_dtype(settings.train.precision)),
        network_(without_scaling(settings.model),
                 {shape.n_in, shape.n_out, dtype_, at::kCPU, /*seed=*/1, to_path(settings.core.path)}) {}

  std::int64_t bytes() const {
    const auto& train = settings_.train;
    const bool plain = train.l2_rates == 0 && !shape_.lengths && settings_.task.reset_at == 0;
    const PassSize training{shape_.steps, std::min(train.batch, shape_.train), shape_.every_step || !plain};
    const auto largest_part = std::max(shape_.validation, shape_.test);
    const PassSize evaluation{shape_.steps, std::min(kEvaluationBatch, largest_part),
                              shape_.every_step || shape_.lengths};
    const PassSize examination{shape_.steps, std::min(kExaminationBatch, shape_.validation), false};
    const auto numbers = parameters() + batch_numbers(training, shape_);
    const auto in_training = workspace(training, true) + size() * pass_numbers(training, !plain);
    const auto in_evaluation =
        workspace(evaluation, false) + size() * (batch_numbers(evaluation, shape_) + evaluation_numbers(evaluation));
    constexpr double kMargin = 1.02;  // small tensors
    return static_cast<std::int64_t>(
        kMargin *
        static_cast<double>(size() * numbers + std::max({in_training, in_evaluation, examined(examination)})));
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(at::elementSize(dtype_)); }
  std::int64_t n() const { return settings_.model.n; }

  /// Values, gradients, moments, and the best weights so far.
  std::int64_t parameters() const {
    const auto& train = settings_.train;
    const std::int64_t copies = 3 + (train.optimizer == "adam" ? 1 : 0) + (train.patience > 0 ? 1 : 0);
    return copies * network_.parameters().values().numel();
  }

  /// Bytes that the kernels work in, or that the steps of the reference leave for autograd.
  std::int64_t workspace(const PassSize& pass, bool keep) const {
    PassOptions options;
    const auto x = at::empty({1}, dtype_).expand({pass.steps, pass.batch, shape_.n_in});
    const auto noise = noise_numbers(pass) * size();
    if (const auto fast = network_.fast_pass(x, options))
      return noise + computed_matrices(*fast) + static_cast<std::int64_t>(SequencePass::workspace_bytes(*fast, keep));
    // Tensors [batch, n] of a step that autograd keeps.
    constexpr std::int64_t kOfRates = 4, kOfGate = 8, kOfPlasticity = 8, kOfOwn = 4, kForward = 4, kState = 20;
    const auto& model = network_.model();
    const auto state = model.initial_state(1);
    std::int64_t own = 0;  // numbers a sample
    for (const auto& tensor : state.own) own += tensor.numel();
    const std::int64_t kept =
        kOfRates + (model.largest_gate().defined() ? kOfGate : 0) + (state.u.defined() ? kOfPlasticity : 0);
    return noise + size() * pass.batch *
                       (n() * (pass.steps * (keep ? kept : kForward) + kState) +
                        own * (pass.steps * (keep ? kOfOwn : 1) + kState));
  }

  /// Bytes of a dense gate's weights, which are computed from W and P in every step, with what they come through.
  std::int64_t computed_matrices(const SequenceProblem& problem) const {
    constexpr std::int64_t kMatrices = 4;
    return problem.equation.form.gate == kernels::Gate::dense ? size() * kMatrices * n() * (n() + shape_.n_in) : 0;
  }

  std::int64_t noise_numbers(const PassSize& pass) const {
    constexpr std::int64_t kCopies = 3;  // drawn in float32, scaled, added
    const auto& model = settings_.model;
    return kCopies * pass.steps * pass.batch *
           ((model.recurrent_noise > 0 ? n() : 0) + (model.input_noise > 0 ? shape_.n_in : 0));
  }

  /// Rates with their gradients, and what autograd makes of the outputs where it is used.
  std::int64_t pass_numbers(const PassSize& pass, bool autograd) const {
    constexpr std::int64_t kRates = 2, kByAutograd = 8, kOutputs = 6;
    const auto rows = pass.batch * (pass.every_rate ? pass.steps : 1);
    const bool slow = autograd || !network_.fast_pass(at::empty({1, 1, shape_.n_in}, dtype_), {});
    return rows * ((slow ? kByAutograd : kRates) * n() + kOutputs * shape_.n_out);
  }

  /// Rates, those that are read out, outputs, losses and what they are computed through.
  std::int64_t evaluation_numbers(const PassSize& pass) const {
    constexpr std::int64_t kRates = 2, kOutputs = 8;
    return pass.batch * (pass.every_rate ? pass.steps : 1) *
           (kRates * n() + kOutputs * std::max<std::int64_t>(2, shape_.n_out));
  }

  /// Bytes of the spectrum's matrices in float64, and of a pass step by step.
  std::int64_t examined(const PassSize& pass) const {
    constexpr std::int64_t kMatrices = 8, kState = 20, kDouble = 8, kDrives = 3;
    return kDouble * kMatrices * n() * n() +
           size() * pass.batch * (pass.steps * (kDrives * n() + shape_.n_in) + kState * n());
  }

  const TrialSettings& settings_;
  const TaskShape& shape_;
  const at::ScalarType dtype_;
  const Network network_;
};

}  // namespace

std::int64_t predicted_peak_bytes(const TrialSettings& settings, const TaskShape& shape) {
  if (!cross_check(settings).empty()) return 0;  // it will not be trained
  try {
    return Prediction(settings, shape).bytes();
  } catch (...) {
    return 0;  // it cannot be built: the trial itself will say why
  }
}

}  // namespace evobrnn
