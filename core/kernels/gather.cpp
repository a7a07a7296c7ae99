// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/gather.hpp"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/gather.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// byte / 255 of every byte, rounded as a division rounds.
template <class T>
const std::array<T, 256>& shares() {
  static const auto table = [] {
    std::array<T, 256> made{};
    for (std::size_t byte = 0; byte < made.size(); ++byte) made[byte] = static_cast<T>(byte) / T(255);
    return made;
  }();
  return table;
}

template <class T>
HWY_INLINE void scale_one_by_one(const std::uint8_t* bytes, std::size_t count, T* out) {
  const auto& table = shares<T>();
  for (std::size_t k = 0; k < count; ++k) out[k] = table[bytes[k]];
}

HWY_INLINE void scale(const std::uint8_t* bytes, std::size_t count, double* out) {
  scale_one_by_one(bytes, count, out);
}

HWY_INLINE void scale(const std::uint8_t* bytes, std::size_t count, float* out) {
#if HWY_TARGET == HWY_SCALAR
  scale_one_by_one(bytes, count, out);
#else
  const hn::ScalableTag<float> d;
  const hn::Rebind<std::int32_t, decltype(d)> integers;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const std::size_t lanes = hn::Lanes(d);
  if (count < lanes) return scale_one_by_one(bytes, count, out);
  const auto share = hn::Set(d, 1 / 255.0F), whole = hn::Set(d, 255.0F);
  const auto one_vector = [&](std::size_t k) HWY_ATTR {
    const auto value = hn::ConvertTo(d, hn::PromoteTo(integers, hn::LoadU(d8, bytes + k)));
    // One step of Markstein's: what the product misses, added, gives the rounded quotient.
    const auto product = hn::Mul(value, share);
    hn::StoreU(hn::MulAdd(hn::NegMulAdd(product, whole, value), share, product), d, out + k);
  };
  std::size_t k = 0;
  for (; k + lanes <= count; k += lanes) one_vector(k);
  if (k < count) one_vector(count - lanes);  // some again
#endif
}

template <class T>
void gather_any(const std::uint8_t* bytes, const std::int64_t* indices, std::size_t samples, const StepLayout& layout,
                T* out) {
  for (std::size_t t = 0; t < layout.steps; ++t) {
    const std::size_t begin = t * layout.stride, there = std::min(layout.a_step, layout.values - begin);
    for (std::size_t b = 0; b < samples; ++b, out += layout.a_step) {
      scale(bytes + static_cast<std::size_t>(indices[b]) * layout.values + begin, there, out);
      std::fill(out + there, out + layout.a_step, T(0));
    }
  }
}

void gather_float32(const std::uint8_t* bytes, const std::int64_t* indices, std::size_t samples,
                    const StepLayout& layout, float* out) {
  gather_any(bytes, indices, samples, layout, out);
}
void gather_float64(const std::uint8_t* bytes, const std::int64_t* indices, std::size_t samples,
                    const StepLayout& layout, double* out) {
  gather_any(bytes, indices, samples, layout, out);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {

HWY_EXPORT(gather_float32);
HWY_EXPORT(gather_float64);

template <>
void gather_bytes(const std::uint8_t* bytes, const std::int64_t* indices, std::size_t samples, const StepLayout& layout,
                  float* out) {
  HWY_DYNAMIC_DISPATCH(gather_float32)(bytes, indices, samples, layout, out);
}
template <>
void gather_bytes(const std::uint8_t* bytes, const std::int64_t* indices, std::size_t samples, const StepLayout& layout,
                  double* out) {
  HWY_DYNAMIC_DISPATCH(gather_float64)(bytes, indices, samples, layout, out);
}

}  // namespace evobrnn::kernels
#endif
