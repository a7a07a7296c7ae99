// SPDX-License-Identifier: Apache-2.0
/// What the loop over batches allocates, counted at malloc.
#include <ATen/ATen.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/learning/sample_order.hpp"
#include "core/learning/training_step.hpp"
#include "core/random.hpp"
#include "core/threads.hpp"
#include "tests/core/task_support.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define EVOBRNN_COUNTS_ALLOCATIONS 0
#else
#define EVOBRNN_COUNTS_ALLOCATIONS 1
#endif

#if EVOBRNN_COUNTS_ALLOCATIONS

namespace {
thread_local std::int64_t allocations = 0, allocated_bytes = 0;
void count(std::size_t bytes) {
  ++allocations;
  allocated_bytes += static_cast<std::int64_t>(bytes);
}
}  // namespace

// The C library's own, which the linker finds after these. Every other way to memory goes through them.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
  count(bytes);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t items, std::size_t bytes) {
  count(items * bytes);
  return __libc_calloc(items, bytes);
}
void* realloc(void* data, std::size_t bytes) {
  count(bytes);
  return __libc_realloc(data, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count(bytes);
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** data, std::size_t alignment, std::size_t bytes) {
  count(bytes);
  *data = __libc_memalign(alignment, bytes);
  return *data ? 0 : 12;
}
}

namespace evobrnn {
namespace {

struct Allocated {
  std::int64_t times = 0, bytes = 0;
};

/// What a training loop's steps allocate, once a few have gone by.
Allocated allocated_by_steps(const TrialSettings& settings) {
  constexpr int kBefore = 3, kCounted = 10;
  configure_thread();
  const auto task = testing_support::make_generated(settings.task);
  const auto shape = task->shape();
  Network network(settings.model, {shape.n_in, shape.n_out, at::kFloat, at::kCPU, 1});
  TrainingStep step(network, settings.train, make_generator(1));
  SampleOrder order(shape.train, settings.train.batch, 2 * shape.train, make_generator(2));
  Batch batch;
  const auto one = [&] {
    task->fill(Part::train, order.next(), at::kFloat, batch);
    step(batch, 0.01);
  };
  for (int i = 0; i < kBefore; ++i) one();
  const auto times = allocations, bytes = allocated_bytes;
  for (int i = 0; i < kCounted; ++i) one();
  return {allocations - times, allocated_bytes - bytes};
}

TrialSettings digits(const std::string& model) {
  TrialSettings settings;
  settings.model.name = model;
  settings.model.n = 60;
  settings.task.name = "digits";
  settings.task.train_samples = 1000;
  settings.task.validation_samples = settings.task.test_samples = 10;
  return settings;
}

TEST(Allocations, TheCounterCounts) {
  const auto before = allocations;
  const auto tensor = at::empty({1000});
  EXPECT_GT(allocations, before);
}

TEST(Allocations, TheLoopOverBatchesMakesNone) {
  for (const std::string optimizer : {"adam", "sgd"}) {
    auto settings = digits("conductance");
    settings.train.optimizer = optimizer;
    const auto allocated = allocated_by_steps(settings);
    EXPECT_EQ(allocated.times, 0) << optimizer << ": " << allocated.bytes << " bytes";
  }
}

/// Quantities that are computed from parameters in every step are tensors of autograd; none is as large as a batch.
TEST(Allocations, TrainedHyperparametersAndOtherModelsTakeLittle) {
  for (const auto& entry : models()) {
    if (!entry.about.kernel) continue;
    auto settings = digits(entry.about.name);
    if (reads(entry.about, "model.a_kind")) settings.model.trained = {"A", "dt"};
    const auto n = settings.model.n;
    constexpr std::int64_t kSteps = 10, kMatrices = 24, kSmall = 40'000;
    EXPECT_LT(allocated_by_steps(settings).bytes, kSteps * (kMatrices * n * n * 4 + kSmall)) << entry.about.name;
  }
}

}  // namespace
}  // namespace evobrnn

#endif
