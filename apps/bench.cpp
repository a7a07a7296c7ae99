// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/memory_check.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/benchmark.hpp"
#include "core/threads.hpp"
#include "evolve/executor.hpp"

namespace evobrnn {
namespace {

struct Options {
  ExperimentSource source;
  std::filesystem::path data;
  std::vector<std::int64_t> sizes;
  std::vector<int> workers;
  double seconds = 1;
  bool json = false;
};

struct SizeRow {
  std::int64_t n = 0;
  StepTiming fast, reference;
};

struct WorkersRow {
  int workers = 0;
  double candidates_a_minute = 0;
};

TrialSettings settings_of(const Options& options) {
  if (!options.source.file.empty()) {
    const auto experiment = load_experiment(options.source);
    require_networks(experiment, "evobrnn bench");
    return experiment.base;
  }
  if (!options.source.overrides.empty()) throw UsageError("--set and --seed change a settings file: name one");
  return {};
}

SizeRow time_size(TrialSettings settings, std::int64_t n, DataStore& data, double seconds) {
  settings.model.n = n;
  if (auto mistakes = cross_check(settings); !mistakes.empty()) throw SettingsError(std::move(mistakes));
  SizeRow row{n, time_training_step(settings, data, seconds), {}};
  settings.core.path = "reference";
  row.reference = time_training_step(settings, data, seconds);
  return row;
}

/// Short trainings on that many workers at once, each of as many steps as take about `seconds`.
WorkersRow time_workers(TrialSettings settings, int workers, const StepTiming& step,
                        const std::shared_ptr<DataStore>& data, double seconds) {
  constexpr int kTrialsAWorker = 4;
  const double steps = std::max(1.0, 1000 * seconds / (kTrialsAWorker * step.milliseconds));
  settings.train.samples = std::max<std::int64_t>(1, static_cast<std::int64_t>(steps)) * settings.train.batch;
  settings.train.validate_every = 0;
  std::vector<Executor::Task> tasks;
  for (int i = 0; i < workers * kTrialsAWorker; ++i) {
    const TrialSpec spec{settings, static_cast<std::uint64_t>(i), false};
    tasks.push_back({0, [spec, data](int) {
                       TrialHooks hooks;
                       hooks.data = data;
                       run_trial(spec, hooks);
                     }});
  }
  const auto trials = static_cast<double>(tasks.size());
  require_memory(workers, 0);
  Executor executor(workers, configure_thread);
  const auto begin = std::chrono::steady_clock::now();
  executor.run(std::move(tasks));
  return {workers, 60 * trials / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

double gigaflops(const StepTiming& timing) { return timing.flops / timing.milliseconds / 1e6; }

void print(const SizeRow& row, double peak) {
  fmt::print("{:>8}{:>12.3f}{:>11.1f}{:>11.0f} %{:>14.1f} MB{:>15.2f}{:>10.1f}×\n", row.n, row.fast.milliseconds,
             gigaflops(row.fast), 100e9 * gigaflops(row.fast) / peak, static_cast<double>(row.fast.peak_bytes) / 1e6,
             row.reference.milliseconds, row.reference.milliseconds / row.fast.milliseconds);
  std::fflush(stdout);
}

nlohmann::ordered_json to_json(const SizeRow& row, double peak) {
  return {{"n", row.n},
          {"milliseconds", row.fast.milliseconds},
          {"gflops", gigaflops(row.fast)},
          {"of_peak", 1e9 * gigaflops(row.fast) / peak},
          {"peak_bytes", row.fast.peak_bytes},
          {"reference_milliseconds", row.reference.milliseconds}};
}

int bench(const Options& options) {
  const auto settings = settings_of(options);
  const auto data = open_data(options.data, settings.task);
  const auto shape = load_task(settings.task, *data);
  auto sizes = options.sizes;
  if (sizes.empty()) {
    sizes = {50, 100, 200};
    if (!options.source.file.empty()) sizes = {settings.model.n};
  }
  auto workers = options.workers;
  if (workers.empty()) {
    workers = {1};
    if (physical_cores() > 1) workers.push_back(physical_cores());
  }
  const double peak = core_peak_flops();
  nlohmann::ordered_json report{{"model", settings.model.name},
                                {"task", settings.task.name},
                                {"sequence", shape.sequence},
                                {"batch", settings.train.batch},
                                {"precision", settings.train.precision},
                                {"peak_gflops", peak / 1e9}};
  if (!options.json) {
    fmt::print("{} on {}: {}; batch {}, {}\n", settings.model.name, settings.task.name, shape.sequence,
               settings.train.batch, settings.train.precision);
    fmt::print("one core's peak, float32 fused multiply-adds: {:.0f} GFLOP/s\n\n", peak / 1e9);
    fmt::print("{:>8}{:>12}{:>11}{:>13}{:>17}{:>15}{:>11}\n", "n", "ms a step", "GFLOP/s", "of the peak", "peak memory",
               "reference, ms", "faster");
  }
  StepTiming last;
  for (const auto n : sizes) {
    const auto row = time_size(settings, n, *data, options.seconds);
    last = row.fast;
    if (options.json) report["sizes"].push_back(to_json(row, peak));
    else print(row, peak);
  }
  if (!options.json) fmt::print("\n{:>8}{:>28}{:>20}\n", "workers", "candidates a minute", "against the first");
  auto largest = settings;
  largest.model.n = sizes.back();
  double first = 0;
  for (const auto count : workers) {
    const auto row = time_workers(largest, count, last, data, 2 * options.seconds);
    if (first == 0) first = row.candidates_a_minute;
    if (options.json) {
      report["workers"].push_back({{"workers", count}, {"candidates_a_minute", row.candidates_a_minute}});
    } else {
      fmt::print("{:>8}{:>28.1f}{:>19.2f}×\n", count, row.candidates_a_minute, row.candidates_a_minute / first);
      std::fflush(stdout);
    }
  }
  if (options.json) fmt::print("{}\n", report.dump(2));
  return kExitOk;
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("bench", "Measures how fast this machine trains, beside what its core can do");
  const auto options = std::make_shared<Options>();
  options->source.search = false;
  add_settings_options(*command, options->source);
  command->get_option("FILE")->required(false);
  add_data_option(*command, options->data);
  command->add_option("--n", options->sizes, "Numbers of neurons; default: 50,100,200, or the file's")
      ->delimiter(',')
      ->check(CLI::Range(1, 100000))
      ->type_name("N,…");
  command->add_option("--workers", options->workers, "Candidates trained at once; default: 1 and one a physical core")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096))
      ->type_name("N,…");
  command->add_option("--seconds", options->seconds, "Time spent on each figure")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str()
      ->type_name("S");
  command->add_flag("--json", options->json, "Prints one JSON object and nothing else");
  command->footer(
      "Times whole training steps (batch, forward, loss, backward, update, projection) on the fast kernels and on the\n"
      "reference path, then short trainings on several workers. Without FILE: the default network on the built-in "
      "digits.\n\n"
      "Examples:\n  evobrnn bench\n  evobrnn bench configs/dms_ga.toml --n 60,120 --workers 1,2,8\n"
      "  evobrnn bench --json > bench.json");
  command->callback([options, &exit_code] { exit_code = bench(*options); });
}

}  // namespace evobrnn
