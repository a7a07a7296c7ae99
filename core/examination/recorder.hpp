// SPDX-License-Identifier: Apache-2.0
/// Trajectories of chosen units on chosen samples, in bounded memory whatever the length of the sequences.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/examination/subject.hpp"

namespace evobrnn {

class Recorder {
 public:
  struct Limits {
    std::int64_t units = 16, samples = 8, times = 256;  ///< at most
  };

  /// Of a pass of so many steps, samples and units: evenly spread units, the first samples, every k-th step with the
  /// smallest k that keeps within the limits.
  Recorder(const Limits& limits, std::int64_t steps, std::int64_t samples, std::int64_t units);

  /// For PassOptions::record.
  void operator()(const State& state);

  std::int64_t every() const { return every_; }
  const std::vector<std::int64_t>& units() const { return units_; }
  /// Bytes held, at most.
  std::int64_t bytes() const;

  /// A safetensors file: r, and where the model has them z, u, x_s, each [times, samples, units] float32; steps [times]
  /// int64, from 1; units [units] int64.
  std::string safetensors() const;
  /// One of them, [times, samples, units]; undefined where the model has none.
  at::Tensor states(const std::string& name) const;
  const std::vector<std::int64_t>& steps() const { return steps_; }

 private:
  const std::int64_t samples_, every_;
  std::int64_t t_ = 0;
  std::vector<std::int64_t> units_, steps_;
  at::Tensor unit_indices_;
  struct Variable {
    std::string name;
    at::Tensor State::*of;
    at::Tensor kept;  ///< [times at most, samples, units]
  };
  std::vector<Variable> variables_;
};

/// Of the first test samples through their delay, within the limits that the options set: whole trials of a task with a
/// delay of its own, else the input and blank steps after it.
Recorder record_states(const Subject& subject, const ExaminationOptions& options);

}  // namespace evobrnn
