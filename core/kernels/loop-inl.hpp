// SPDX-License-Identifier: Apache-2.0
/// A loop over numbers in vectors, for one instruction set at a time.
#if defined(EVOBRNN_KERNELS_LOOP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_LOOP_INL
#undef EVOBRNN_KERNELS_LOOP_INL
#else
#define EVOBRNN_KERNELS_LOOP_INL
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls body(d, k) for vectors from k = 0 on, and for single numbers at the end.
template <class T, class Body>
HWY_INLINE void for_each_vector(std::size_t count, const Body& body) {
  const hn::ScalableTag<T> d;
  std::size_t k = 0;
  for (; k + hn::Lanes(d) <= count; k += hn::Lanes(d)) body(d, k);
  for (; k < count; ++k) body(hn::CappedTag<T, 1>(), k);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
