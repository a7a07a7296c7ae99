// SPDX-License-Identifier: Apache-2.0
#include "core/examination/training_trace.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/examination/activity.hpp"
#include "core/learning/objective.hpp"
#include "core/learning/trainer.hpp"
#include "core/models/initial.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kSamples = 64, kPathUnits = 6, kPathTimes = 64;
constexpr double kTinyRate = 0.05, kTinyDrive = 0.1;

double number(const at::Tensor& tensor) { return tensor.item<double>(); }

/// What reaches a unit in a step, root mean square over units, samples and steps.
struct Drive {
  double recurrent = 0, input = 0, bias = 0;
};

/// What one look at a network tells.
struct Look {
  std::vector<std::pair<std::string, double>> values;
  Drive drive;
  double rate = 0, W = 0, gradient = 0;
};

class TrainingTrace {
 public:
  explicit TrainingTrace(const Subject& subject)
      : subject_(subject),
        network_(subject.settings().model, NetworkContext{subject.shape().n_in, subject.shape().n_out, dtype(),
                                                          at::kCPU, 0, to_path(subject.settings().core.path)}),
        learnt_(subject.task().batch(Part::train, first(std::min(kSamples, subject.shape().train)), dtype())),
        seen_(subject.test_batch(kSamples)) {}

  void look(std::int64_t step, const std::string& weights) {
    network_.load(weights);
    Look look;
    const auto W = network_.model().recurrent_weights().detach().to(at::kDouble);
    look.W = number(W.abs().mean());
    look.gradient = gradient_norm();
    PassOptions options;
    options.keep_rates = true;
    at::NoGradGuard no_grad;
    const auto rates = network_.run(seen_.x, options).rates.to(at::kDouble);
    look.rate = number(rates.abs().mean());
    const auto flat = rates.reshape({-1, rates.size(2)});
    const auto silent = silent_units(std::get<0>(flat.min(0)), std::get<0>(flat.max(0)));
    look.drive = drive(W, rates);
    look.values = {{"step", static_cast<double>(step)},
                   {"mean |W|", look.W},
                   {"largest |W|", number(W.abs().max())},
                   {"spectral radius", W.isfinite().all().item<bool>() ? spectral_radius(W) : std::nan("")},
                   {"mean rate", look.rate},
                   {"dead units", silent.dead},
                   {"saturated units", silent.saturated},
                   {"gradient norm", look.gradient},
                   {"recurrent drive", look.drive.recurrent},
                   {"input drive", look.drive.input}};
    for (const auto& [name, value] : network_.model().hyperparameters()) look.values.emplace_back(name, value);
    looks_.push_back(std::move(look));
    add_path(static_cast<double>(step), rates);
  }

  bool empty() const { return looks_.empty(); }

  void finish(Examination& examination) {
    FigureTable figure{"training",
                       fmt::format("Over training: weights, hyperparameters, units on {} test samples, and the "
                                   "gradient's norm on {} training samples",
                                   kSamples, learnt_.x.size(1)),
                       {},
                       {}};
    for (const auto& [name, value] : looks_.front().values) figure.columns.push_back(name);
    for (const auto& look : looks_) {
      std::vector<double> row;
      for (const auto& [name, value] : look.values) row.push_back(value);
      figure.rows.push_back(std::move(row));
    }
    examination.figures.push_back(std::move(figure));
    examination.figures.push_back(std::move(paths_));
    warn(examination);
  }

 private:
  at::ScalarType dtype() const { return to_dtype(subject_.settings().train.precision); }

  static std::vector<std::int64_t> first(std::int64_t count) {
    std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
  }

  double gradient_norm() {
    at::AutoGradMode with_gradient(true);
    network_.parameters().gradients().zero_();
    loss_of(network_.run(learnt_.x, pass_options(learnt_)).outputs, learnt_).backward();
    return number(network_.parameters().gradients().to(at::kDouble).norm());
  }

  Drive drive(const at::Tensor& W, const at::Tensor& rates) const {
    const auto size = [](const at::Tensor& values) { return number(values.to(at::kDouble).square().mean().sqrt()); };
    Drive drive;
    drive.recurrent = size(at::matmul(rates, W.t()));
    const auto& names = network_.parameters().named();
    const auto has = [&](const std::string& name) {
      return std::any_of(names.begin(), names.end(), [&](const NamedTensor& p) { return p.name == name; });
    };
    if (has("P")) drive.input = size(at::matmul(seen_.x, network_.parameters().at("P").t()));
    if (has("b")) drive.bias = number(network_.parameters().at("b").to(at::kDouble).mean());
    return drive;
  }

  void add_path(double training_step, const at::Tensor& rates) {
    const auto steps = rates.size(0), every = (steps + kPathTimes - 1) / kPathTimes;
    const auto units = std::min(kPathUnits, rates.size(2));
    for (std::int64_t t = every - 1; t < steps; t += every) {
      std::vector<double> row{training_step, static_cast<double>(t + 1)};
      for (std::int64_t i = 0; i < units; ++i) row.push_back(number(rates[t][0][i * rates.size(2) / units]));
      paths_.rows.push_back(std::move(row));
    }
    if (paths_.columns.size() == 2) {
      for (std::int64_t i = 0; i < units; ++i)
        paths_.columns.push_back(fmt::format("unit {}", i * rates.size(2) / units));
    }
  }

  void warn(Examination& examination) const {
    const auto& begin = looks_.front();
    const auto& end = looks_.back();
    const bool tiny_rates = end.rate < kTinyRate;
    const bool tiny_recurrence = end.drive.recurrent < kTinyDrive * std::max(end.drive.input, 1e-9) ||
                                 end.drive.recurrent < kTinyDrive * kTinyDrive;
    if (!tiny_rates && !tiny_recurrence) {
      examination.findings.push_back(
          fmt::format("Over training mean |W| went from {:.3g} to {:.3g}, the mean rate from "
                      "{:.3g} to {:.3g}; neither stays tiny.",
                      begin.W, end.W, begin.rate, end.rate));
      return;
    }
    std::string why;
    if (tiny_rates && end.drive.bias < -2)
      why = fmt::format("the biases hold the units down (mean {:.2g})", end.drive.bias);
    else if (end.W < 0.5 * begin.W)
      why =
          fmt::format("training shrank W from {:.2g} to {:.2g} on average, for the task is solved from the input alone",
                      begin.W, end.W);
    else if (begin.W > 0 && std::abs(end.W - begin.W) < 0.02 * begin.W)
      why =
          fmt::format("training hardly moved W (mean |W| {:.2g} before and after); the gradient's norm ends at {:.2g}",
                      end.W, end.gradient);
    else why = fmt::format("rates of {:.2g} times weights of {:.2g} add up to little", end.rate, end.W);
    examination.findings.push_back(fmt::format(
        "Warning: {} tiny: mean rate {:.2g}, recurrent drive {:.2g} against {:.2g} from the input; {}. What is "
        "remembered then lasts as long as the units' time constants, and no longer.",
        tiny_rates ? "the rates stay" : "the recurrent drive stays", end.rate, end.drive.recurrent, end.drive.input,
        why));
  }

  const Subject& subject_;
  Network network_;
  const Batch learnt_, seen_;
  std::vector<Look> looks_;
  FigureTable paths_{"training_paths",
                     "Rates of some units on the first test sample, over its steps and over training",
                     {"training step", "step"},
                     {}};
};

}  // namespace

bool add_training_trace(const TrialSpec& spec, const Subject& subject, const ExaminationHooks& hooks,
                        Examination& examination) {
  TrainingTrace trace(subject);
  TrialHooks training;
  training.data = hooks.data;
  training.should_stop = hooks.should_stop;
  training.snapshot = [&](std::int64_t step, const std::string& weights) { trace.look(step, weights); };
  auto again = spec;
  again.test = false;
  again.finer_steps.clear();
  const auto result = run_trial(again, training);
  if (result.status == TrialStatus::cancelled) return false;
  if (result.status != TrialStatus::ok)
    examination.findings.push_back("Trained once more, the network ended as " + to_text(result.status) + ": " +
                                   result.cause);
  if (!trace.empty()) trace.finish(examination);
  return true;
}

}  // namespace evobrnn
