// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/normal.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/normal.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/math/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57, kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

/// The high halves of a · b.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V multiply_high(D d, V a, V b) {
#if HWY_TARGET == HWY_SCALAR
  const auto product = static_cast<std::uint64_t>(hn::GetLane(a)) * hn::GetLane(b);
  return hn::Set(d, static_cast<std::uint32_t>(product >> 32));
#else
  const hn::RepartitionToWide<D> wide;
  const auto even = hn::ShiftRight<32>(hn::MulEven(a, b));
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))),
                               hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, b))));
  return hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, even));
#endif
}

/// Counters become random words.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void philox_vectors(D d, std::uint64_t key, V& c0, V& c1, V& c2, V& c3) {
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  const V m0 = hn::Set(d, kMultiplier0), m1 = hn::Set(d, kMultiplier1);
  for (int round = 0; round < kRounds; ++round) {
    const V high0 = multiply_high(d, c0, m0), low0 = hn::Mul(c0, m0);
    const V high1 = multiply_high(d, c2, m1), low1 = hn::Mul(c2, m1);
    c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(d, k0));
    c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(d, k1));
    c1 = low1;
    c3 = low0;
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
}

std::array<std::uint32_t, 4> philox_any(const std::array<std::uint32_t, 4>& counter, std::uint64_t key) {
  const hn::ScalableTag<std::uint32_t> d;
  auto c0 = hn::Set(d, counter[0]), c1 = hn::Set(d, counter[1]), c2 = hn::Set(d, counter[2]),
       c3 = hn::Set(d, counter[3]);
  philox_vectors(d, key, c0, c1, c2, c3);
  return {hn::GetLane(c0), hn::GetLane(c1), hn::GetLane(c2), hn::GetLane(c3)};
}

/// (0, 1] from the upper 24 bits.
template <class D, class V = hn::Vec<D>, class VU>
HWY_INLINE V uniform(D d, VU words) {
  const hn::RebindToSigned<D> integers;
  const auto upper = hn::ConvertTo(d, hn::BitCast(integers, hn::ShiftRight<8>(words)));
  return hn::MulAdd(upper, hn::Set(d, 0x1p-24F), hn::Set(d, 0x1p-24F));
}

/// Two uniform vectors become two normal ones.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void box_muller(D d, V& a, V& b) {
  constexpr float kTurn = 6.28318531F, kHalfTurn = 3.14159265F;
  const V radius = hn::Sqrt(hn::Mul(hn::Set(d, -2), hn::Log(d, a)));
  const V angle = hn::MulSub(b, hn::Set(d, kTurn), hn::Set(d, kHalfTurn));  // (−π, π]
  a = hn::Mul(radius, hn::Cos(d, angle));
  b = hn::Mul(radius, hn::Sin(d, angle));
}

void fill_normal_any(std::uint64_t key, float* out, std::size_t count) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  constexpr std::size_t kWords = 4;
  const std::size_t block = kWords * hn::Lanes(d);
  HWY_ALIGN float rest[kWords * hn::MaxLanes(hn::ScalableTag<float>())];
  for (std::size_t at = 0; at < count; at += block) {
    const std::uint64_t counter = at / kWords;
    const auto low = static_cast<std::uint32_t>(counter);
    // Blocks start at multiples of a power of two, so the low word does not overflow inside of one.
    auto c0 = hn::Iota(du, low), c1 = hn::Set(du, static_cast<std::uint32_t>(counter >> 32));
    auto c2 = hn::Zero(du), c3 = hn::Zero(du);
    philox_vectors(du, key, c0, c1, c2, c3);
    auto n0 = uniform(d, c0), n1 = uniform(d, c1), n2 = uniform(d, c2), n3 = uniform(d, c3);
    box_muller(d, n0, n1);
    box_muller(d, n2, n3);
    const bool whole = at + block <= count;
    hn::StoreInterleaved4(n0, n1, n2, n3, d, whole ? out + at : rest);
    if (!whole) std::copy_n(rest, count - at, out + at);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {

HWY_EXPORT(philox_any);
HWY_EXPORT(fill_normal_any);

std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter, std::uint64_t key) {
  return HWY_DYNAMIC_DISPATCH(philox_any)(counter, key);
}

void fill_normal(std::uint64_t key, float* out, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(fill_normal_any)(key, out, count);
}

}  // namespace evobrnn::kernels
#endif
