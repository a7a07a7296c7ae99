// SPDX-License-Identifier: Apache-2.0
#include "core/benchmark.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "core/kernels/peak.hpp"
#include "core/learning/flops.hpp"
#include "core/learning/peak_memory.hpp"
#include "core/learning/trainer.hpp"
#include "core/learning/training_step.hpp"
#include "core/random.hpp"
#include "core/threads.hpp"

namespace evobrnn {

StepTiming time_training_step(const TrialSettings& settings, DataStore& data, double seconds) {
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  configure_thread();
  const FlushDenormals flush;
  const auto& train = settings.train;
  const auto task = make_task(settings.task, data);
  const auto shape = task->shape();
  const PeakMemory memory;
  Network network(settings.model, {shape.n_in, shape.n_out, to_dtype(train.precision), at::Device(train.device), 1,
                                   to_path(settings.core.path)});
  TrainingStep step(network, train, make_generator(1));
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(train.batch, shape.train)));
  Batch batch;
  std::int64_t next = 0;
  std::vector<double> times;
  constexpr std::size_t kFewest = 3;
  const auto begin = Clock::now();
  while (times.size() < kFewest || Milliseconds(Clock::now() - begin).count() < 1000 * seconds) {
    const auto started = Clock::now();
    for (auto& index : indices) index = next++ % shape.train;
    task->fill(Part::train, indices, to_dtype(train.precision), batch);
    step(batch, 0);  // the weights stay, so that every step does the same
    times.push_back(Milliseconds(Clock::now() - started).count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  const auto flops = sample_flops(settings, shape);
  const auto samples = static_cast<double>(indices.size());
  return {times[times.size() / 2], samples * flops.products, samples * flops.training, memory.bytes()};
}

double core_peak_flops() { return kernels::measured_peak_flops(); }

}  // namespace evobrnn
