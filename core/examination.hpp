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
#include <utility>
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

/// How something that is remembered fades with time. Times and half-lives in steps; half-lives count from `first`.
struct Decay {
  std::string name;  ///< of the figure that it was fitted to
  /// "halves", "halves later" (after the longest time: extrapolated), "not reached" (never, as far as can be told),
  /// "kept" (stable), "nothing" (at chance from the start), "below chance" (from the start). The last two have no form.
  std::string outcome;
  std::string form;                    ///< exponential, power, logistic, the same "… to a floor", constant
  std::map<std::string, double> aicc;  ///< of each form; those with too few points for it are left out
  double start = 0;                    ///< the fitted value at the first time, above chance
  double chance = 0;                   ///< what guessing has; 0 where there is no guessing
  double floor = 0;                    ///< what the form falls to, in the figure's own unit: chance, or fitted
  bool floor_fitted = false;           ///< the form falls to a floor of its own
  std::vector<std::pair<double, double>> curve;  ///< the fitted form: (time, value), in the figure's own units
  double goodness = std::numeric_limits<double>::quiet_NaN();  ///< p of "the form fits"; NaN for what are no scores
  double r2 = 0;                                               ///< share of the variance that the form explains
  double worst = 0;                                            ///< largest distance between data and form
  double half_life = 0;  ///< infinite where it is longer than ten times the longest time looked at
  double low = 0;        ///< lower end of its 95 % interval, over all forms
  double high = 0;       ///< upper end
  double observed = 0;  ///< where the data themselves first cross half of their first value; infinite where they do not
  double first = 0;     ///< the first time looked at
  double longest = 0;   ///< the longest time looked at
  /// Kept to the end: at no time less than half is left, and over the last half of the time no more than a twentieth of
  /// the start is lost.
  bool stable = false;
  std::string warning;  ///< a bad fit, an interval without the observed crossing, an extrapolation; or empty
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
