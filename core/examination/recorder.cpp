// SPDX-License-Identifier: Apache-2.0
#include "core/examination/recorder.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/io/safetensors.hpp"

namespace evobrnn {
Recorder::Recorder(const Limits& limits, std::int64_t steps, std::int64_t samples, std::int64_t units)
    : samples_(std::min(limits.samples, samples)), every_((steps + limits.times - 1) / limits.times) {
  const auto count = std::min(limits.units, units);
  for (std::int64_t i = 0; i < count; ++i) units_.push_back(i * units / count);
  unit_indices_ = at::tensor(units_, at::kLong);
  const auto times = steps / every_;
  for (const auto& [name, of] : std::vector<std::pair<std::string, at::Tensor State::*>>{
           {"r", &State::r}, {"z", &State::z}, {"u", &State::u}, {"x_s", &State::x_s}}) {
    variables_.push_back({name, of, at::zeros({times, samples_, count}, at::kFloat)});
  }
}

void Recorder::operator()(const State& state) {
  if (++t_ % every_ != 0) return;
  const auto row = static_cast<std::int64_t>(steps_.size());
  steps_.push_back(t_);
  std::erase_if(variables_, [&](const Variable& variable) { return !(state.*variable.of).defined(); });
  for (auto& variable : variables_)
    variable.kept[row].copy_((state.*variable.of).slice(0, 0, samples_).index_select(1, unit_indices_));
}

std::int64_t Recorder::bytes() const {
  std::int64_t bytes = 0;
  for (const auto& variable : variables_) bytes += static_cast<std::int64_t>(variable.kept.nbytes());
  return bytes;
}

at::Tensor Recorder::states(const std::string& name) const {
  const auto found = std::find_if(variables_.begin(), variables_.end(),
                                  [&](const Variable& variable) { return variable.name == name; });
  return found == variables_.end() ? at::Tensor() : found->kept.slice(0, 0, static_cast<std::int64_t>(steps_.size()));
}

std::string Recorder::safetensors() const {
  std::vector<NamedTensor> tensors;
  for (const auto& variable : variables_) tensors.push_back({variable.name, states(variable.name)});
  tensors.push_back({"steps", at::tensor(steps_, at::kLong)});
  tensors.push_back({"units", unit_indices_});
  return write_safetensors(tensors);
}

namespace {

constexpr std::int64_t kLeastBlank = 32;  // steps recorded after the input

/// Trials through their delay: whole where the task has one of its own, else the input and blank steps after it.
at::Tensor recorded_input(const Subject& subject, const ExaminationOptions& options) {
  const auto x = subject.test_batch(options.recorded_samples).x;
  const auto delay = subject.delay();
  if (delay.own) return x;  // whole trials
  const auto blank = std::max(delay.steps(), std::min(options.longest_delay, std::max(kLeastBlank, 2 * delay.begin)));
  const auto input = x.slice(0, 0, delay.begin);
  return at::cat({input, at::zeros({blank, x.size(1), x.size(2)}, x.options())});
}

}  // namespace

Recorder record_states(const Subject& subject, const ExaminationOptions& options) {
  at::NoGradGuard no_grad;
  const auto x = recorded_input(subject, options);
  Recorder recorder({options.recorded_units, options.recorded_samples, options.recorded_times}, x.size(0), x.size(1),
                    subject.settings().model.n);
  PassOptions pass;
  pass.record = [&recorder](const State& state) { recorder(state); };
  subject.network().run(x, pass);
  return recorder;
}

}  // namespace evobrnn
