// SPDX-License-Identifier: Apache-2.0
/// Between the caller's layout ([samples][columns]) and that of a panel ([columns][panel]). For one instruction set at
/// a time.
#if defined(EVOBRNN_KERNELS_TRANSPOSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_TRANSPOSE_INL
#undef EVOBRNN_KERNELS_TRANSPOSE_INL
#else
#define EVOBRNN_KERNELS_TRANSPOSE_INL
#endif

#include <algorithm>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// out[c][r] = in[r][c]; rows of `in` and of `out` are in_stride and out_stride apart.
template <class T>
void transpose(const T* in, std::size_t in_stride, std::size_t rows, std::size_t columns, T* out,
               std::size_t out_stride) {
  const auto one_by_one = [&](std::size_t first_row, std::size_t last_row, std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) {
      for (std::size_t r = first_row; r < last_row; ++r) out[c * out_stride + r] = in[r * in_stride + c];
    }
  };
  std::size_t r = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {  // 4 × 4 at a time
    constexpr std::size_t kSide = 4;
    const hn::CappedTag<T, kSide> d;
    const hn::RepartitionToWide<decltype(d)> wide;
    const auto pairs = [&](auto v) HWY_ATTR { return hn::BitCast(wide, v); };
    for (; r + kSide <= rows; r += kSide) {
      std::size_t c = 0;
      for (; c + kSide <= columns; c += kSide) {
        const T* from = in + r * in_stride + c;
        const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + in_stride);
        const auto r2 = hn::LoadU(d, from + 2 * in_stride), r3 = hn::LoadU(d, from + 3 * in_stride);
        const auto low_a = pairs(hn::InterleaveLower(d, r0, r1)), high_a = pairs(hn::InterleaveUpper(d, r0, r1));
        const auto low_b = pairs(hn::InterleaveLower(d, r2, r3)), high_b = pairs(hn::InterleaveUpper(d, r2, r3));
        T* to = out + c * out_stride + r;
        hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, low_a, low_b)), d, to);
        hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, low_a, low_b)), d, to + out_stride);
        hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, high_a, high_b)), d, to + 2 * out_stride);
        hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, high_a, high_b)), d, to + 3 * out_stride);
      }
      one_by_one(r, r + kSide, c, columns);
    }
  }
#endif
  one_by_one(r, rows, 0, columns);
}

/// Samples as a panel; what is left of the panel is zero.
template <class T>
void to_panel(const T* batch, std::size_t samples, std::size_t columns, std::size_t panel, T* out) {
  transpose(batch, columns, samples, columns, out, panel);
  if (samples == panel) return;
  for (std::size_t i = 0; i < columns; ++i) std::fill(out + i * panel + samples, out + (i + 1) * panel, T(0));
}

/// The samples of a panel, back in a batch.
template <class T>
void from_panel(const T* rows, std::size_t samples, std::size_t columns, std::size_t panel, T* out) {
  transpose(rows, panel, columns, samples, out, columns);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
