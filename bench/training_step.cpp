// SPDX-License-Identifier: Apache-2.0
/// Time of one whole training step (data, forward, backward, Adam, projection) on rows of `digits`, batch 64, for n
/// neurons.
#include <benchmark/benchmark.h>

#include "core/threads.hpp"
#include "core/trial.hpp"

namespace {

constexpr std::int64_t kSteps = 20, kBatch = 64;

void training_step(benchmark::State& state) {
  evobrnn::TrialSpec spec;
  spec.settings.model.n = state.range(0);
  spec.settings.train.batch = kBatch;
  spec.settings.train.samples = kSteps * kBatch;
  spec.settings.task.train_samples = kSteps * kBatch;
  spec.settings.task.validation_samples = 1;
  spec.settings.task.test_samples = 1;
  evobrnn::TrialHooks hooks;
  hooks.data = evobrnn::make_data_store();
  double flops = 0;
  for (auto _ : state) flops += evobrnn::run_trial(spec, hooks).cost.flops;
  state.counters["ms_a_step"] = benchmark::Counter(
      static_cast<double>(kSteps) * 1e-3, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
}
BENCHMARK(training_step)->Arg(50)->Arg(100)->Arg(200)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  evobrnn::configure_process_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
