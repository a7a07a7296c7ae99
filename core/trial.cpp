// SPDX-License-Identifier: Apache-2.0
#include "core/trial.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "core/clock.hpp"
#include "core/foreign_code.hpp"
#include "core/injected_failure.hpp"
#include "core/learning/checkpoint.hpp"
#include "core/learning/flops.hpp"
#include "core/learning/peak_memory.hpp"
#include "core/learning/state.hpp"
#include "core/learning/trainer.hpp"
#include "core/random.hpp"
#include "core/tasks/data_task.hpp"
#include "core/threads.hpp"

namespace evobrnn {
namespace {

enum Purpose : std::uint64_t { kWeights, kOrder, kNoise, kTestNoise };  // of the trial's seed

/// For tests of what happens to trials that go wrong.
void inject_failure(std::uint64_t seed, Network& network) {
  const auto failure = injected_failure(seed);
  if (!failure) return;
  if (*failure == InjectedFailure::nan) network.parameters().values().fill_(std::numeric_limits<double>::quiet_NaN());
  else strike(*failure);
}

TrialResult train_network(const TrialSpec& spec, const Task& task, const TrialHooks& hooks, const PeakMemory& memory) {
  const auto shape = task.shape();
  const auto& train = spec.settings.train;
  sample_flops(spec.settings, shape);  // a model that cannot say what it costs is not trained
  Network network(spec.settings.model, {shape.n_in, shape.n_out, to_dtype(train.precision), at::Device(train.device),
                                        derived_seed(spec.seed, kWeights), to_path(spec.settings.core.path)});
  const Trainer::Seeds seeds{derived_seed(spec.seed, kOrder), derived_seed(spec.seed, kNoise),
                             derived_seed(spec.seed, kTestNoise)};
  const Checkpoints checkpoints(spec, hooks);
  Trainer trainer(network, task, train, seeds, hooks, checkpoints, memory);
  inject_failure(spec.seed, network);
  auto result = trainer.train();
  result.cost.flops =
      training_flops(spec.settings, shape, result.cost.samples, static_cast<std::int64_t>(result.curve.size()));
  if (result.status != TrialStatus::ok) return result;
  if (spec.test) {
    const auto interrupted_test = [&] {
      result.status = trainer.result().status;
      result.cause = trainer.result().cause;
      if (result.status == TrialStatus::cancelled) trainer.save();
      return result;
    };
    const auto score = trainer.evaluate(Part::test);
    if (!score) return interrupted_test();
    result.metrics["test_loss"] = score->loss;
    result.metrics["test_score"] = score->score;
    result.metrics["test_samples"] = static_cast<double>(shape.test);
    result.metrics["test_samples_of"] = static_cast<double>(std::max(shape.test, facts_of(task).test_of));
    const bool divides = has_time_step(spec.settings.model) && spec.settings.train.device == "cpu";
    for (const auto divisor : divides ? spec.finer_steps : std::vector<std::int64_t>()) {
      const auto finer = trainer.evaluate(Part::test, divisor);
      if (!finer) return interrupted_test();
      result.metrics[fmt::format("test_loss_steps_{}", divisor)] = finer->loss;
      result.metrics[fmt::format("test_score_steps_{}", divisor)] = finer->score;
    }
    if (shape.score == ScoreKind::accuracy) result.metrics["test_accuracy"] = score->score;
    else result.metrics["test_mse"] = -score->score;
  }
  result.metrics["parameters"] = static_cast<double>(network.parameters().values().numel());
  result.metrics.merge(network.model().hyperparameters());
  if (hooks.weights) hooks.weights(network.save());
  return result;
}

bool is_allocation_failure(const std::string& text) {
  return text.find("can't allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos;
}

}  // namespace

TrialResult run_trial(const TrialSpec& spec, const TrialHooks& hooks) {
  if (auto mistakes = cross_check(spec.settings); !mistakes.empty()) throw SettingsError(std::move(mistakes));
  configure_thread();
  const FlushDenormals flush;
  const double started = wall_seconds();
  const double cpu_started = thread_cpu_seconds();
  TrialResult result;
  const auto fail = [&](TrialStatus status, const std::string& cause) { result = ended_as(status, cause); };
  const auto origin = plugin_origin("model", spec.settings.model.name);
  try {
    const auto data = hooks.data ? hooks.data : make_data_store();
    const auto task = make_task(spec.settings.task, *data);
    const PeakMemory memory;  // of the training alone: who loads the shared data first must not matter
    if (hooks.started) hooks.started();
    result = train_network(spec, *task, hooks, memory);
    result.cost.peak_bytes = std::max(result.cost.peak_bytes, memory.bytes());
  } catch (const DataError& error) {
    fail(TrialStatus::invalid, error.what());
  } catch (const SettingsError& error) {  // that show only once the network is built
    fail(TrialStatus::invalid, error.what());
  } catch (const StateError&) {  // whole, of this trial, and yet of another shape: nothing to go on from
    auto anew = hooks;
    anew.resume_from.clear();
    return run_trial(spec, anew);
  } catch (const c10::Error& error) {
    const auto text = with_origin(origin, error.what_without_backtrace());
    fail(is_allocation_failure(text) ? TrialStatus::out_of_memory : TrialStatus::crashed, text);
  } catch (const std::bad_alloc&) {
    fail(TrialStatus::out_of_memory, "an allocation failed");
  } catch (...) {  // of any type: a plugin throws what it likes
    const auto text = with_origin(origin, thrown_text());
    if (is_allocation_failure(text)) fail(TrialStatus::out_of_memory, text);
    else fail(TrialStatus::crashed, "exception: " + text);
  }
  result.cost.wall_seconds += wall_seconds() - started;  // beside what was spent before a checkpoint
  result.cost.cpu_seconds += thread_cpu_seconds() - cpu_started;
  return result;
}

bool has_time_step(const ModelSettings& settings) { return has_time_step(find_model(settings.name)); }

double predicted_flops(const TrialSettings& settings, const TaskShape& shape) {
  try {
    return training_flops(settings, shape, planned_samples(settings, shape), planned_validations(settings, shape));
  } catch (...) {
    return 0;  // the trial itself will say what is wrong
  }
}

}  // namespace evobrnn
