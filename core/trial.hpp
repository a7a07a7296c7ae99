// SPDX-License-Identifier: Apache-2.0
/// The front door of core/, free of LibTorch headers: a trial trains one candidate network and says how good it is.
///
/// A trial is a pure function of its specification: the same TrialSpec gives the same bits on any number of threads, in
/// any process, on any machine of the same build and instruction set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/settings/table.hpp"
#include "core/settings/trial_settings.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Everything a trial depends on.
struct TrialSpec {
  TrialSettings settings;  ///< resolved: model, task, training
  std::uint64_t seed = 0;  ///< initial weights and the order of samples derive from it, and nothing else
  bool test = false;       ///< also score the test set: for champions only
  /// With `test`: the test set is scored again with the trained network's time step divided by each of these (from 2
  /// on) and every input step repeated as often, as the metrics test_score_steps_K and test_loss_steps_K: whether what
  /// was learnt depends on the discretisation. Left out for models without has_time_step(), and on other devices than
  /// the CPU.
  std::vector<std::int64_t> finer_steps = {};
};

/// JSON text without loss: doubles keep their bits.
std::string to_json(const TrialSpec& spec);
/// The inverse of to_json(). Throws SettingsError.
TrialSpec trial_spec_from_json(const std::string& json);

/// How a trial ended. Everything but `ok` comes with a cause in words.
enum class TrialStatus {
  ok,             ///< trained to its end, with a finite score
  diverged,       ///< loss or gradient became infinite or NaN; the cause names the step
  nan_input,      ///< a batch of the task holds NaN or infinity
  timeout,        ///< ran over a limit of time
  out_of_memory,  ///< an allocation failed, it went over its limit, or the kernel ended its process for want of memory
  crashed,        ///< its process died of a signal, which the cause names, or the trial threw what nothing expects
  cancelled,      ///< should_stop said so; never stored
  lost,           ///< its worker process went away without a word
  invalid,        ///< its settings contradict each other, or its data are missing or damaged
  failed          ///< in ledgers of former versions alone: what is one of the others now
};

/// The name of the enumerator.
std::string to_text(TrialStatus status);
/// Throws std::invalid_argument for an unknown name.
TrialStatus trial_status_from_text(const std::string& text);

/// What a trial cost.
struct TrialCost {
  std::int64_t steps = 0;       ///< optimiser steps
  std::int64_t samples = 0;     ///< training samples seen
  double flops = 0;             ///< floating-point operations of training, counted from the model's products
  double wall_seconds = 0;      ///< of training and scoring
  double cpu_seconds = 0;       ///< of the calling thread
  std::int64_t peak_bytes = 0;  ///< largest memory held in tensors at one time
};

/// One row of the learning curve.
struct CurvePoint {
  std::int64_t step = 0;        ///< optimiser steps so far
  std::int64_t samples = 0;     ///< training samples seen so far
  double train_loss = 0;        ///< mean over the steps since the last row
  double validation_loss = 0;   ///< on the validation part
  double validation_score = 0;  ///< on the validation part; larger is better
};

/// What a trial came to.
struct TrialResult {
  TrialStatus status = TrialStatus::lost;  ///< until somebody knows better
  std::string cause;                       ///< empty when ok
  double score = 0;  ///< validation score, larger is better (accuracy in [0, 1] for a classification); only when ok
  std::map<std::string, double>
      metrics;  ///< validation_loss, train_loss, test_score, test_loss, parameters, spectral_radius, dt, A_E, ...
  std::vector<CurvePoint> curve;  ///< a row a validation, in order
  TrialCost cost;                 ///< what it took
};

/// The result of a trial that ended as something else than ok.
TrialResult ended_as(TrialStatus status, std::string cause);

/// The result of a trial that went well: `score` is maximised.
TrialResult scored(double score, std::map<std::string, double> metrics = {});

/// One line of JSON without loss, NaN and infinity too.
std::string to_json(const TrialResult& result);
/// The inverse of to_json(). Throws std::invalid_argument.
TrialResult trial_result_from_json(const std::string& json);

/// How a running trial talks to the world. Every hook may be empty. Hooks are called from the thread that runs the
/// trial.
struct TrialHooks {
  std::function<void()> started;  ///< the data are there, and the training begins
  /// After every step: how many are done, of how many, and this batch's loss.
  std::function<void(std::int64_t step, std::int64_t steps, double train_loss)> progress;
  std::function<bool()> should_stop;  ///< checked at every batch
  /// Receives the trained weights as the bytes of a safetensors file, once, when the trial is ok.
  std::function<void(const std::string& safetensors)> weights;
  /// Receives the weights, as bytes of a safetensors file, before the first step and at every row of the curve. What
  /// was before a checkpoint that the training goes on from is not told again.
  std::function<void(std::int64_t step, const std::string& safetensors)> snapshot;
  /// Checkpoints of a training under way, as bytes. `checkpoint_due` is asked after every step; where it says yes, and
  /// where should_stop ends the training, `checkpoint` receives the state. A later run of the same trial that is given
  /// them goes on from there, to the same bits as one that was never stopped. Bytes that are damaged, or of another
  /// trial, build or instruction set, are ignored.
  std::function<bool()> checkpoint_due;
  std::function<void(const std::string& bytes)> checkpoint;  ///< see checkpoint_due
  std::string resume_from;                                   ///< bytes of a checkpoint; empty: from the beginning
  std::function<void(std::int64_t step)> resumed;            ///< called once, before the first step after such a start
  /// Data sets already in memory, shared between trials; without it the trial loads its own from the default folder.
  std::shared_ptr<class DataStore> data;
  /// Bytes that the trial may hold in tensors at one time, checked at every batch; 0: any number. Over it the trial
  /// ends as out_of_memory, at the same batch on every machine.
  std::int64_t memory_limit = 0;
};

/// Trains one candidate. Never throws for what happens while training: that is a status with a cause.
/// Throws SettingsError when the settings contradict each other.
TrialResult run_trial(const TrialSpec& spec, const TrialHooks& hooks = {});

/// The data sets of a process: each is read once and then shared, read-only, by all trials. Thread-safe.
/// An empty folder means $EVOBRNN_DATA, else ~/.local/share/evobrnn.
std::shared_ptr<DataStore> make_data_store(const std::filesystem::path& folder = {});

/// How answers are scored.
enum class ScoreKind {
  accuracy,  ///< share of right classes, in [0, 1]
  mse        ///< mean squared error; the score that is maximised is its negative
};

/// "87.3 %", or "0.0123" for an error, from a score, of which larger is better.
std::string score_text(ScoreKind kind, double score);
/// "accuracy" or "mean squared error".
std::string to_text(ScoreKind kind);

/// What the task feeds the network.
struct TaskShape {
  std::int64_t steps = 0;                 ///< of a sequence; where lengths differ, of the longest
  std::int64_t n_in = 0;                  ///< values a step
  std::int64_t n_out = 0;                 ///< classes, or values
  std::int64_t train = 0;                 ///< samples to train on
  std::int64_t validation = 0;            ///< samples held out for the search
  std::int64_t test = 0;                  ///< samples of the test set
  ScoreKind score = ScoreKind::accuracy;  ///< how answers are scored
  bool every_step = false;                ///< a target after every step, in place of one a sequence
  bool lengths = false;                   ///< sequences differ in length
  std::string sequence;  ///< in words: "T = 196 steps of 4 values, chunks with stride 4, permuted with seed 1"
};

/// Loads the task's data, so that missing or damaged files show before the first trial. Throws DataError.
TaskShape load_task(const TaskSettings& settings, DataStore& data);

/// A data file that is missing, damaged, or does not fit the others. what() names the file and says what to do.
class DataError : public std::runtime_error {
 public:
  /// From the message.
  using std::runtime_error::runtime_error;
};

/// Whether the model is a discretised continuous one, with a dt or z that a finer step divides; not so vanilla, whose z
/// is 1, and the GRUs.
bool has_time_step(const ModelSettings& settings);

/// Floating-point operations of one training: the model's own count. 0 where it has none, which its trial then tells.
double predicted_flops(const TrialSettings& settings, const TaskShape& shape);

/// Bytes that one training holds in tensors and workspaces at its peak, as a bound that is not far above:
/// TrialCost::peak_bytes comes out between a third of it and itself (PredictedMemory in its test). Data sets, which
/// trials share, and the program itself come on top. 0 where the network cannot be built, which its trial then tells.
std::int64_t predicted_peak_bytes(const TrialSettings& settings, const TaskShape& shape);

}  // namespace gnu::visibility("default")]]evobrnn
