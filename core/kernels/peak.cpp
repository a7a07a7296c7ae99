// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/peak.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/peak.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Runs `rounds` of independent multiply-adds; returns the operations done. `sink` keeps the compiler from leaving them
/// out.
double multiply_adds(std::int64_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int kSums = 12;  // more than any latency times throughput, and they fit in 16 registers
  constexpr auto kLanes = hn::MaxLanes(hn::ScalableTag<float>());
  V sums[kSums];
  for (int k = 0; k < kSums; ++k) sums[k] = hn::Set(d, *sink + static_cast<float>(k));
  const V factor = hn::Set(d, *sink * 0.5F), term = hn::Set(d, *sink);
  for (std::int64_t round = 0; round < rounds; ++round) {
    HWY_UNROLL(kSums)
    for (int k = 0; k < kSums; ++k) sums[k] = hn::MulAdd(sums[k], factor, term);
  }
  V sum = sums[0];
  for (int k = 1; k < kSums; ++k) sum = hn::Add(sum, sums[k]);
  *sink = hn::GetLane(sum) > 0 ? 1.0F : 0.5F;
  return 2.0 * kSums * static_cast<double>(kLanes) * static_cast<double>(rounds);
}

const char* name() { return hwy::TargetName(HWY_TARGET); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {

HWY_EXPORT(multiply_adds);
HWY_EXPORT(name);

double measured_peak_flops() {
  using Clock = std::chrono::steady_clock;
  constexpr int kRuns = 50;
  constexpr std::int64_t kRounds = 50000;
  double best = 0;
  float sink = 1;
  for (int run = 0; run < kRuns; ++run) {
    const auto started = Clock::now();
    const double flops = HWY_DYNAMIC_DISPATCH(multiply_adds)(kRounds, &sink);
    best = std::max(best, flops / std::chrono::duration<double>(Clock::now() - started).count());
  }
  return best;
}

const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(name)(); }

}  // namespace evobrnn::kernels
#endif
