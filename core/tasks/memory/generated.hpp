// SPDX-License-Identifier: Apache-2.0
/// Tasks whose samples are drawn when they are asked for: sample i of a part depends on task.data_seed, the part and i
/// alone, so that nothing is stored and nothing depends on the order of asking.
#pragma once

#include <random>

#include "core/tasks/task.hpp"

namespace evobrnn {

/// Periods of a trial, one after the other, in steps of dt_ms.
class Timeline {
 public:
  explicit Timeline(double dt_ms) : dt_ms_(dt_ms) {}

  /// Appends a period of round(ms / dt_ms) steps. `setting` names it in errors. Throws DataError where a period that is
  /// not 0 ms, or may not be, is shorter than a step, or where the trial gets too long.
  Timeline& then(const std::string& name, double ms, const std::string& setting, bool may_be_empty);

  const Period& at(const std::string& name) const;
  const std::vector<Period>& periods() const { return periods_; }
  std::int64_t steps() const { return periods_.empty() ? 0 : periods_.back().end; }
  /// Steps in that many milliseconds, rounded.
  std::int64_t steps_in(double ms) const;

 private:
  double dt_ms_;
  std::vector<Period> periods_;
};

/// One sample while it is drawn; all zero at first.
struct Sample {
  std::int64_t steps = 0, n_in = 0, n_out = 0;
  std::vector<double> x;             ///< [steps, n_in]
  std::vector<std::int64_t> labels;  ///< [steps] class after each step, for a task that is scored by accuracy
  std::vector<double> values;        ///< [steps, n_out] for a task that is scored by its squared error
  std::vector<double> mask;          ///< [steps] weight in the loss
  std::vector<double> scored;        ///< [steps] weight in the score
  std::int64_t item = -1;            ///< Batch::item; −1: none

  double& input(std::int64_t t, std::int64_t i) { return x[static_cast<std::size_t>(t * n_in + i)]; }
  double& value(std::int64_t t, std::int64_t i) { return values[static_cast<std::size_t>(t * n_out + i)]; }
  void add_input(const Period& period, std::int64_t i, double value);
  void set_label(const Period& period, std::int64_t label);
  void set_mask(const Period& period, double weight);
  void set_scored(const Period& period, double weight);
};

/// What a generated task looks like.
struct TaskDesign {
  std::int64_t steps = 0, n_in = 0, n_out = 0;
  ScoreKind score = ScoreKind::accuracy;
  std::vector<Period> periods;
  std::string text;  ///< of TaskShape::sequence, after "T = … steps of … values, "
};

class GeneratedTask : public Task {
 public:
  TaskShape shape() const final { return shape_; }
  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const final;
  std::vector<Period> periods() const final { return periods_; }

 protected:
  GeneratedTask(const TaskSettings& settings, const TaskDesign& design);

  /// Fills one sample; all its randomness comes from `random`.
  virtual void draw(std::mt19937_64& random, Sample& sample) const = 0;

  const TaskSettings settings_;

 private:
  TaskShape shape_;
  std::vector<Period> periods_;
};

/// Input units on a ring, tuned to a direction as von Mises: height · exp(width · (cos(θ − θ_i) − 1)), as Masse et al.
/// (2019). `direction` is of 0 … directions − 1; adds to units first … first + units − 1 during the period.
void add_direction(Sample& sample, const Period& period, const TaskSettings& settings, std::int64_t direction,
                   std::int64_t first);

/// Uniform over 0 … below − 1.
std::int64_t draw_below(std::mt19937_64& random, std::int64_t below);
bool draw_chance(std::mt19937_64& random, double probability);

/// "dt = 20 ms: fixation 500, sample 500, delay 1000, test 500 ms".
std::string timing_text(const Timeline& timeline, const TaskSettings& settings);

}  // namespace evobrnn
