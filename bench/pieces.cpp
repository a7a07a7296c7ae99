// SPDX-License-Identifier: Apache-2.0
/// Time of each piece of a training step, batch 64, 28 steps of 28 values, float32: gathering the batch, the sequence
/// forward and backward, read-out and loss, Adam, and a normal number.
#include <benchmark/benchmark.h>

#include <numeric>
#include <random>
#include <vector>

#include "core/kernels/arguments.hpp"
#include "core/kernels/gather.hpp"
#include "core/kernels/normal.hpp"
#include "core/kernels/readout.hpp"
#include "core/kernels/update.hpp"
#include "core/kernels/workspace.hpp"

namespace {

using namespace evobrnn::kernels;

constexpr std::size_t kSteps = 28, kBatch = 64, kInputs = 28, kOutputs = 10;

std::vector<float> numbers(std::size_t count, float low, float high) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> draw(low, high);
  std::vector<float> made(count);
  for (auto& number : made) number = draw(random);
  return made;
}

/// A conductance network under Dale with A by E/I.
struct Network {
  explicit Network(std::size_t units)
      : n(units),
        W(numbers(n * n, 0, 0.1F)),
        P(numbers(n * kInputs, -0.1F, 0.1F)),
        b(numbers(n, -1, 1)),
        g(numbers(n, -1, 1)),
        x(numbers(kSteps * kBatch * kInputs, 0, 1)),
        last(kBatch * n),
        of_last(numbers(kBatch * n, -0.1F, 0.1F)),
        gradients(n * n + n * kInputs + 2 * n) {
    const std::size_t excitatory = n * 9 / 10;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = excitatory; j < n; ++j) W[i * n + j] = -W[i * n + j];
    }
    sequence.form.gate = Gate::split;
    sequence.form.n_excitatory = excitatory;
    sequence.steps = kSteps;
    sequence.batch = kBatch;
    sequence.n = n;
    sequence.n_in = kInputs;
    sequence.values.W = W.data();
    sequence.values.P = P.data();
    sequence.values.b = b.data();
    sequence.values.g = g.data();
    sequence.values.dt = &dt;
    sequence.values.A_E = sequence.values.A_I = &A;
    sequence.x = x.data();
    sequence.keep = true;
  }

  Quantities<float*> gradient_pointers() {
    Quantities<float*> all;
    all.W = gradients.data();
    all.P = all.W + n * n;
    all.b = all.P + n * kInputs;
    all.g = all.b + n;
    return all;
  }

  std::size_t n;
  std::vector<float> W, P, b, g, x, last, of_last, gradients;
  float dt = 0.3F, A = 0.4F;
  Sequence<float> sequence;
};

void forward_of_a_sequence(benchmark::State& state) {
  Network network(static_cast<std::size_t>(state.range(0)));
  const Workspace workspace(workspace_bytes(network.sequence));
  for (auto _ : state) forward<float>(network.sequence, workspace.data(), {network.last.data(), nullptr});
}

void backward_of_a_sequence(benchmark::State& state) {
  Network network(static_cast<std::size_t>(state.range(0)));
  const Workspace workspace(workspace_bytes(network.sequence));
  forward<float>(network.sequence, workspace.data(), {network.last.data(), nullptr});
  for (auto _ : state)
    backward<float>(network.sequence, workspace.data(), {network.of_last.data(), nullptr}, network.gradient_pointers());
}

void readout_and_loss(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto rates = numbers(kBatch * n, 0, 1), V = numbers(kOutputs * n, -0.1F, 0.1F), v = numbers(kOutputs, -1, 1);
  std::vector<float> of_rates(kBatch * n), of_V(kOutputs * n), of_v(kOutputs);
  alignas(128) float outputs[64];
  const std::vector<std::int64_t> classes(kBatch, 3);
  for (auto _ : state)
    benchmark::DoNotOptimize(readout_loss<float>({kBatch, n, kOutputs, n, rates.data(), V.data(), v.data()},
                                                 {classes.data(), nullptr, nullptr}, outputs,
                                                 {of_rates.data(), of_V.data(), of_v.data()}));
}

void update_by_adam(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)), count = n * (n + kInputs + 2 + kOutputs) + kOutputs;
  auto values = numbers(count, -1, 1), gradients = numbers(count, -1, 1);
  std::vector<float> first(count), second(count);
  for (auto _ : state) {
    benchmark::DoNotOptimize(masked_square_sum<float>(gradients.data(), nullptr, count));
    adam<float>({0.9, 0.999, 1e-8, 1e-3, 1, 1}, values.data(), gradients.data(), first.data(), second.data(), count);
  }
}

void gather_a_batch(benchmark::State& state) {
  constexpr std::size_t kImages = 2000, kPixels = kSteps * kInputs;
  const std::vector<std::uint8_t> images(kImages * kPixels, 77);
  std::vector<std::int64_t> indices(kBatch);
  std::iota(indices.begin(), indices.end(), 100);
  std::vector<float> x(kBatch * kPixels);
  for (auto _ : state) {
    gather_bytes(images.data(), indices.data(), kBatch, {kPixels, kSteps, kInputs, kInputs}, x.data());
    for (auto& index : indices) index = (index + 37) % kImages;
  }
}

void normal_numbers(benchmark::State& state) {
  std::vector<float> out(100'000);
  std::uint64_t key = 0;
  for (auto _ : state) fill_normal(++key, out.data(), out.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

BENCHMARK(gather_a_batch)->Unit(benchmark::kMicrosecond);
BENCHMARK(forward_of_a_sequence)->Arg(50)->Arg(100)->Arg(200)->Unit(benchmark::kMicrosecond);
BENCHMARK(readout_and_loss)->Arg(50)->Arg(100)->Arg(200)->Unit(benchmark::kMicrosecond);
BENCHMARK(backward_of_a_sequence)->Arg(50)->Arg(100)->Arg(200)->Unit(benchmark::kMicrosecond);
BENCHMARK(update_by_adam)->Arg(50)->Arg(100)->Arg(200)->Unit(benchmark::kMicrosecond);
BENCHMARK(normal_numbers)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
