// SPDX-License-Identifier: Apache-2.0
/// What the recorder of the examination costs at its defaults, beside the evaluation of a test set of 10,000 sequences:
/// rows (28 steps) and single pixels (784 steps) of images.
#include "core/examination/recorder.hpp"

#include <benchmark/benchmark.h>

#include "core/examination/subject.hpp"
#include "core/threads.hpp"

namespace {

using namespace evobrnn;

constexpr std::int64_t kTestSamples = 10'000;

TrialSpec spec_of(bool pixels) {
  TrialSpec spec;
  spec.settings.task.test_samples = kTestSamples;
  spec.settings.task.train_samples = spec.settings.task.validation_samples = 64;
  if (pixels) spec.settings.task.layout = "pixels";
  return spec;
}

Subject subject_of(const TrialSpec& spec) {
  const auto data = make_data_store();
  const auto shape = load_task(spec.settings.task, *data);
  const Network untrained(spec.settings.model, {shape.n_in, shape.n_out, at::kFloat, at::kCPU, 1});
  return {spec, untrained.save(), data};
}

void evaluation(benchmark::State& state) {
  configure_thread();
  const auto spec = spec_of(state.range(0) != 0);
  const auto subject = subject_of(spec);
  for (auto _ : state) benchmark::DoNotOptimize(subject.scores(spec.settings.task, 0));
}

void recording(benchmark::State& state) {
  configure_thread();
  const auto subject = subject_of(spec_of(state.range(0) != 0));
  const ExaminationOptions options;
  for (auto _ : state) benchmark::DoNotOptimize(record_states(subject, options).safetensors());
  state.counters["bytes"] = static_cast<double>(record_states(subject, options).bytes());
}

BENCHMARK(evaluation)->ArgName("pixels")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(recording)->ArgName("pixels")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
