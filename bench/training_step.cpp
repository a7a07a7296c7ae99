// SPDX-License-Identifier: Apache-2.0
/// Time of one whole training step (batch, forward, backward, clipping, Adam, projection), batch 64, on both paths.
/// Case names say model, kind of A, Dale or not, path, and n; "pixels" are 784 steps of one value, else 28 steps of 28.
#include "core/learning/training_step.hpp"

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "core/kernels/peak.hpp"
#include "core/random.hpp"
#include "core/threads.hpp"

namespace {

using namespace evobrnn;

constexpr std::int64_t kBatch = 64, kBatches = 20;

struct Case {
  std::string name;
  TrialSettings settings;
};

std::shared_ptr<const Task> task_of(const TaskSettings& settings) {
  static const auto data = make_data_store();
  return make_task(settings, *data);
}

void training_step(benchmark::State& state, const Case& tested) {
  const auto& settings = tested.settings;
  const auto task = task_of(settings.task);
  const auto shape = task->shape();
  Network network(settings.model, {shape.n_in, shape.n_out, at::kFloat, at::kCPU, 1, to_path(settings.core.path)});
  TrainingStep step(network, settings.train, make_generator(1));
  std::vector<std::int64_t> indices(kBatch);
  Batch batch;
  std::int64_t next = 0;
  for (auto _ : state) {
    for (auto& index : indices) index = next++ % shape.train;
    task->fill(Part::train, indices, at::kFloat, batch);
    step(batch, 0.001);
  }
  auto one_step = settings;
  one_step.train.samples = kBatch;
  static const double peak = kernels::measured_peak_flops();
  const double flops = predicted_flops(one_step, shape);
  state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["of_peak"] = benchmark::Counter(flops / peak, benchmark::Counter::kIsIterationInvariantRate);
}

Case make_case(const std::string& model, const std::string& a_kind, bool dale, std::int64_t n, const std::string& path,
               bool pixels = false) {
  Case made;
  auto& [name, settings] = made;
  settings.model.name = model;
  settings.model.a_kind = a_kind;
  settings.model.dale = dale;
  settings.model.n = n;
  settings.core.path = path;
  settings.task.layout = pixels ? "pixels" : "rows";
  settings.task.train_samples = kBatch * kBatches;
  settings.task.validation_samples = 1;
  settings.task.test_samples = 1;
  const bool gate = model.rfind("conductance", 0) == 0;
  name = model + (gate ? "_" + a_kind : "") + (dale ? "_dale" : "") + (pixels ? "_pixels" : "") + "/" + path + "/" +
         std::to_string(n);
  return made;
}

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const std::string path : {"auto", "reference"}) {
    for (const std::int64_t n : {50, 100, 200}) {
      list.push_back(make_case("conductance", "ei", true, n, path));
      list.push_back(make_case("conductance", "constant", false, n, path));
      list.push_back(make_case("conductance", "matrix", true, n, path));
      list.push_back(make_case("leaky", "constant", true, n, path));
      list.push_back(make_case("simple_gru", "constant", false, n, path));
      list.push_back(make_case("stp", "constant", true, n, path));
      list.push_back(make_case("conductance_stp", "ei", true, n, path));
    }
    list.push_back(make_case("conductance", "ei", true, 200, path, true));
  }
  return list;
}

}  // namespace

int main(int argc, char** argv) {
  configure_process_threads();
  const FlushDenormals flush;
  benchmark::Initialize(&argc, argv);
  for (const auto& tested : cases()) {
    benchmark::RegisterBenchmark(tested.name.c_str(), training_step, tested)->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
