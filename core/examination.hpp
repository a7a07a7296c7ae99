// SPDX-License-Identifier: Apache-2.0
/// The front door of core/examination/, free of LibTorch headers: what a trained network remembers, for how long, and
/// how. Numbers first: every figure is a table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The numbers of one figure.
struct FigureTable {
  std::string name;                       ///< of its file: "blank_delay"
  std::string title;                      ///< a sentence: what it shows, measured how
  std::vector<std::string> columns;       ///< with units, of `rows`: "blank steps", "score"
  std::vector<std::vector<double>> rows;  ///< one value a column; NaN where there is none
  std::vector<std::string> labels = {};   ///< a name for each row, where rows have names
  /// What a chart marks: "trained", "end of input", "delay end" in the unit of the first column, "chance" and "whole"
  /// in that of the score.
  std::map<std::string, double> marks = {};
};

/// How something that is remembered fades with time.
struct Decay {
  std::string name;                    ///< of the figure that it was fitted to
  double from = 0;                     ///< where on the figure's first column time 0 lies: the trained delay
  std::string form;                    ///< exponential, power or logistic: of the lowest AICc
  std::map<std::string, double> aicc;  ///< of each form; those with too few points for it are left out
  double start = 0;                    ///< the fitted value at time 0, above its floor
  double half_life = 0;                ///< steps; infinite where it is longer than ten times the longest time looked at
  double low = 0;                      ///< lower end of its 95 % interval: bootstrap over samples and residuals
  double high = 0;                     ///< upper end
  double longest = 0;                  ///< steps, the longest time looked at
  /// Kept to the end: at the longest time at least half is left, and over the last half of the time no more than a
  /// twentieth of the start is lost.
  bool stable = false;
};

/// How thorough an examination is. The defaults are those of the quick suite.
struct ExaminationOptions {
  std::int64_t scored_samples = 1000;    ///< of the test set, for scores; 0: all
  std::int64_t analysed_samples = 256;   ///< run step by step, for everything else
  std::int64_t longest_delay = 256;      ///< steps, of blank input
  std::int64_t decoded_times = 16;       ///< steps at which the item is decoded
  std::int64_t judged_samples = 1000;    ///< of the test set, for where the memory lies
  std::int64_t fixed_point_starts = 48;  ///< searches for fixed points
  std::int64_t resamples = 200;          ///< of the bootstrap
  std::int64_t lesion_draws = 3;         ///< random lesions of each size
  bool training = true;                  ///< trains once more, to see the parameters over training
  std::int64_t recorded_units = 16;      ///< at most, in the recording
  std::int64_t recorded_samples = 8;     ///< at most, in the recording
  std::int64_t recorded_times = 256;     ///< steps at most, in the recording
};

/// By name: "quick", minutes on one core, or "full".
ExaminationOptions examination_suite(const std::string& name);

/// What an examination found.
struct Examination {
  std::vector<FigureTable> figures;             ///< every table of numbers
  std::vector<Decay> decays;                    ///< fitted to those figures that show something fading
  std::map<std::string, double> numbers;        ///< "score", "decoding.best", …: docs/EXAMINATION.md names them
  std::map<std::string, std::string> verdicts;  ///< "memory": where it lies, in a word
  std::vector<std::string> findings;            ///< sentences, warnings among them
  std::string recording;  ///< trajectories as a safetensors file: docs/EXAMINATION.md names its tensors
};

/// How a running examination talks to the world. Each may be empty.
struct ExaminationHooks {
  std::function<void(const std::string& part, std::int64_t done, std::int64_t parts)>
      progress;                       ///< the part that begins, and how many are done of how many
  std::function<bool()> should_stop;  ///< checked between pieces of work
  std::shared_ptr<DataStore> data;    ///< as TrialHooks::data
};

/// Examines the network that `spec` trained to `weights` (the bytes of a safetensors file). The same arguments give the
/// same numbers. Returns nothing where should_stop said so. Throws DataError where the weights are not of that network.
std::unique_ptr<Examination> examine(const TrialSpec& spec, const std::string& weights,
                                     const ExaminationOptions& options, const ExaminationHooks& hooks = {});

/// Seconds that examine() will take on this machine, from short passes timed now; `training_seconds`: what the training
/// took, or 0, and then some of its steps are timed too.
double examination_seconds(const TrialSpec& spec, const std::string& weights, const ExaminationOptions& options,
                           const ExaminationHooks& hooks, double training_seconds);

}  // namespace evobrnn
