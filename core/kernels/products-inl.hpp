// SPDX-License-Identifier: Apache-2.0
/// Products of weights with states whose batch is innermost, for one instruction set at a time.
///
/// A panel is a stretch of the batch, kVectors vectors wide; a state is [n][panel]. Weights are packed in blocks of
/// rows and broadcast from memory, the panel's row of the state is loaded once for a whole block, and the sums stay in
/// registers. Gradients of weights are dot products over time and batch, in tiles whose sums stay in registers too.
#if defined(EVOBRNN_KERNELS_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_PRODUCTS_INL
#undef EVOBRNN_KERNELS_PRODUCTS_INL
#else
#define EVOBRNN_KERNELS_PRODUCTS_INL
#endif

#include "core/kernels/blocks.hpp"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// With 32 registers: 6 × 4 sums, 4 states, 1 weight. With 16: 6 × 2 sums, 2 states, 1 weight.
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3) || HWY_ARCH_ARM_A64
constexpr std::size_t kPanelVectors = 4, kDotRows = 6;
#else
constexpr std::size_t kPanelVectors = 2, kDotRows = 2;
#endif
constexpr std::size_t kRows = 6, kDotColumns = 4;

/// One term of a sum: packed weights of a block [count][rows] times the states [count][panel].
template <class T>
struct Term {
  const T* states = nullptr;
  std::size_t count = 0;
  bool ends = false;  ///< the sum is complete and is stored; the next term starts another one
};

/// sums[output][row][panel] of the chained terms. Weights of all terms lie one after the other.
template <std::size_t kBlock, std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void products_of_block(D d, const T* HWY_RESTRICT weights, const Term<T>* HWY_RESTRICT terms,
                                    std::size_t n_terms, T* HWY_RESTRICT sums) {
  using V = hn::Vec<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  for (std::size_t term = 0; term < n_terms;) {
    V sum[kBlock][kVectors];
    HWY_UNROLL(8)
    for (std::size_t m = 0; m < kBlock; ++m) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) sum[m][v] = hn::Zero(d);
    }
    bool ends = false;
    for (; !ends; ++term) {
      const T* HWY_RESTRICT states = terms[term].states;
      const std::size_t count = terms[term].count;
      ends = terms[term].ends;
      for (std::size_t k = 0; k < count; ++k) {
        V state[kVectors];
        HWY_UNROLL(8)
        for (std::size_t v = 0; v < kVectors; ++v) state[v] = hn::Load(d, states + v * kLanes);
        HWY_UNROLL(8)
        for (std::size_t m = 0; m < kBlock; ++m) {
          const V weight = hn::Set(d, weights[m]);
          HWY_UNROLL(8)
          for (std::size_t v = 0; v < kVectors; ++v) sum[m][v] = hn::MulAdd(weight, state[v], sum[m][v]);
        }
        states += kVectors * kLanes;
        weights += kBlock;
      }
    }
    HWY_UNROLL(8)
    for (std::size_t m = 0; m < kBlock; ++m) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sum[m][v], d, sums + (m * kVectors + v) * kLanes);
    }
    sums += kBlock * kVectors * kLanes;
  }
}

/// The same for a number of rows, 1 … kRows, that is known at run time.
template <std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void products(D d, std::size_t rows, const T* weights, const Term<T>* terms, std::size_t n_terms, T* sums) {
  switch (rows) {
    case 1:
      return products_of_block<1, kVectors>(d, weights, terms, n_terms, sums);
    case 2:
      return products_of_block<2, kVectors>(d, weights, terms, n_terms, sums);
    case 3:
      return products_of_block<3, kVectors>(d, weights, terms, n_terms, sums);
    case 4:
      return products_of_block<4, kVectors>(d, weights, terms, n_terms, sums);
    case 5:
      return products_of_block<5, kVectors>(d, weights, terms, n_terms, sums);
    default:
      return products_of_block<6, kVectors>(d, weights, terms, n_terms, sums);
  }
}

#if HWY_TARGET == HWY_SCALAR

/// out[0 … kColumns) += the lanes' sum of each of four vectors.
template <std::size_t kColumns, class D, class V, class T = hn::TFromD<D>>
HWY_INLINE void add_lane_sums(D, const V (&v)[kDotColumns], T* HWY_RESTRICT out) {
  for (std::size_t k = 0; k < kColumns; ++k) out[k] += hn::GetLane(v[k]);
}

#else

/// v with its 128-bit blocks added up, as a vector of one block.
template <class D, class V>
HWY_INLINE auto sum_of_blocks(D d, V v) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) <= 16) {
    return v;
  } else {
    const hn::Half<D> half;
    return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// out[0 … kColumns) += the lanes' sum of each of four vectors, by adding pairs of interleaved ones.
template <std::size_t kColumns, class D, class V, class T = hn::TFromD<D>>
HWY_INLINE void add_lane_sums(D d, const V (&v)[kDotColumns], T* HWY_RESTRICT out) {
  HWY_ALIGN T sums[kDotColumns];
  const V ab = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const V cd = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  if constexpr (sizeof(T) == 4) {
    const hn::RepartitionToWide<D> wide;
    const auto ab2 = hn::BitCast(wide, ab), cd2 = hn::BitCast(wide, cd);
    const V low = hn::BitCast(d, hn::InterleaveLower(wide, ab2, cd2));
    const V high = hn::BitCast(d, hn::InterleaveUpper(wide, ab2, cd2));
    hn::Store(sum_of_blocks(d, hn::Add(low, high)), hn::CappedTag<T, 4>(), sums);
  } else {
    hn::Store(sum_of_blocks(d, ab), hn::CappedTag<T, 2>(), sums);
    hn::Store(sum_of_blocks(d, cd), hn::CappedTag<T, 2>(), sums + 2);
  }
  for (std::size_t k = 0; k < kColumns; ++k) out[k] += sums[k];
}

#endif

/// out[m][k] += Σ over steps and panel of left[m]·right[k], for one tile; rows of `out` are `width` apart.
template <std::size_t kTileRows, std::size_t kTileColumns, std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void dots_of_tile(D d, const T* HWY_RESTRICT left, std::size_t left_stride, const T* HWY_RESTRICT right,
                               std::size_t right_stride, std::size_t steps, T* HWY_RESTRICT out, std::size_t width) {
  using V = hn::Vec<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D()), kPanel = kVectors * kLanes;
  V sum[kTileRows][kDotColumns];
  HWY_UNROLL(8)
  for (std::size_t m = 0; m < kTileRows; ++m) {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kDotColumns; ++k) sum[m][k] = hn::Zero(d);
  }
  for (std::size_t t = 0; t < steps; ++t) {
    for (std::size_t v = 0; v < kPanel; v += kLanes) {
      V r[kTileColumns];
      HWY_UNROLL(8)
      for (std::size_t k = 0; k < kTileColumns; ++k) r[k] = hn::Load(d, right + k * kPanel + v);
      HWY_UNROLL(8)
      for (std::size_t m = 0; m < kTileRows; ++m) {
        const V e = hn::Load(d, left + m * kPanel + v);
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kTileColumns; ++k) sum[m][k] = hn::MulAdd(e, r[k], sum[m][k]);
      }
    }
    left += left_stride;
    right += right_stride;
  }
  HWY_UNROLL(8)
  for (std::size_t m = 0; m < kTileRows; ++m) add_lane_sums<kTileColumns>(d, sum[m], out + m * width);
}

template <std::size_t kTileRows, std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void dots_of_rows(D d, const T* left, std::size_t left_stride, const T* right, std::size_t right_stride,
                             std::size_t columns, std::size_t steps, T* out, std::size_t width) {
  constexpr std::size_t kPanel = kVectors * hn::MaxLanes(D());
  const Blocks blocks(columns, kDotColumns);
  for (std::size_t block = 0; block < blocks.count; ++block) {
    const std::size_t k = blocks.begin(block);
    const T* r = right + k * kPanel;
    switch (blocks.size(block)) {
      case 1:
        dots_of_tile<kTileRows, 1, kVectors>(d, left, left_stride, r, right_stride, steps, out + k, width);
        break;
      case 2:
        dots_of_tile<kTileRows, 2, kVectors>(d, left, left_stride, r, right_stride, steps, out + k, width);
        break;
      case 3:
        dots_of_tile<kTileRows, 3, kVectors>(d, left, left_stride, r, right_stride, steps, out + k, width);
        break;
      default:
        dots_of_tile<kTileRows, 4, kVectors>(d, left, left_stride, r, right_stride, steps, out + k, width);
    }
  }
}

/// out[i][j] += Σ over steps and panel of left[i]·right[j], i < rows, j < columns; rows of `out` are `width` apart.
template <std::size_t kVectors, class D, class T = hn::TFromD<D>>
void dots(D d, const T* left, std::size_t left_stride, std::size_t rows, const T* right, std::size_t right_stride,
          std::size_t columns, std::size_t steps, T* out, std::size_t width) {
  constexpr std::size_t kPanel = kVectors * hn::MaxLanes(D());
  const Blocks blocks(rows, kDotRows);
  const auto run = [&](auto tile_rows, std::size_t i) HWY_ATTR {
    dots_of_rows<tile_rows, kVectors>(d, left + i * kPanel, left_stride, right, right_stride, columns, steps,
                                      out + i * width, width);
  };
  for (std::size_t block = 0; block < blocks.count; ++block) {
    const std::size_t i = blocks.begin(block);
    using std::integral_constant;
    switch (blocks.size(block)) {
      case 1:
        run(integral_constant<std::size_t, 1>(), i);
        break;
      case 2:
        run(integral_constant<std::size_t, 2>(), i);
        break;
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3) || HWY_ARCH_ARM_A64
      case 3:
        run(integral_constant<std::size_t, 3>(), i);
        break;
      case 4:
        run(integral_constant<std::size_t, 4>(), i);
        break;
      case 5:
        run(integral_constant<std::size_t, 5>(), i);
        break;
      default:
        run(integral_constant<std::size_t, 6>(), i);
#endif
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
