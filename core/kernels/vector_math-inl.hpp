// SPDX-License-Identifier: Apache-2.0
/// Logistic sigmoid and tanh of a vector, for one instruction set at a time (Google Highway's foreach_target).
///
/// float32: relative error of both below 4e-7 for |x| ≤ 16, float64: below 2e-15. Exact at 0; no overflow at any
/// finite or infinite x; NaN stays NaN. tests/core/kernels_test.cpp checks it.
///
/// exp: with t = x log2(e), n = round(t), f = t − n in [−½, ½]: e^x = 2^n 2^f and 2^f = 1 + f q(f). q interpolates
/// (2^f − 1)/f at the Chebyshev nodes. Adding 1.5·2^23 (2^52) rounds t, and leaves n in the low bits of the sum.
#if defined(EVOBRNN_KERNELS_VECTOR_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_VECTOR_MATH_INL
#undef EVOBRNN_KERNELS_VECTOR_MATH_INL
#else
#define EVOBRNN_KERNELS_VECTOR_MATH_INL
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Constants of exp in one type.
template <class T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float kLog2E = 1.44269504F;
  static constexpr int kMantissaBits = 23;
  static constexpr float kRound = 12582912.0F + 127.0F;  // 1.5·2^23, and the bias of the exponent
  static constexpr float kBound = 87.0F;                 // e^x and e^−x are normal numbers up to here
  static constexpr float kTanhBound = 20.0F;
};

template <>
struct ExpConstants<double> {
  static constexpr double kLog2E = 1.4426950408889634;
  static constexpr int kMantissaBits = 52;
  static constexpr double kRound = 6755399441055744.0 + 1023.0;
  static constexpr double kBound = 708.0;
  static constexpr double kTanhBound = 40.0;
};

/// q(f), so that 2^f = 1 + f q(f) for f in [−½, ½].
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp2_quotient(D d, V f) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    V q = hn::Set(d, 0.000154531629F);
    q = hn::MulAdd(q, f, hn::Set(d, 0.00133908634F));
    q = hn::MulAdd(q, f, hn::Set(d, 0.00961808256F));
    q = hn::MulAdd(q, f, hn::Set(d, 0.0555035711F));
    q = hn::MulAdd(q, f, hn::Set(d, 0.240226508F));
    return hn::MulAdd(q, f, hn::Set(d, 0.693147188F));
  } else {
    V q = hn::Set(d, 4.4549605981865186e-10);
    q = hn::MulAdd(q, f, hn::Set(d, 7.0725859492692234e-09));
    q = hn::MulAdd(q, f, hn::Set(d, 1.0178062445845774e-07));
    q = hn::MulAdd(q, f, hn::Set(d, 1.3215442587921689e-06));
    q = hn::MulAdd(q, f, hn::Set(d, 1.5252733829836119e-05));
    q = hn::MulAdd(q, f, hn::Set(d, 0.0001540353044173605));
    q = hn::MulAdd(q, f, hn::Set(d, 0.0013333558146416936));
    q = hn::MulAdd(q, f, hn::Set(d, 0.0096181291076068882));
    q = hn::MulAdd(q, f, hn::Set(d, 0.055504108664821597));
    q = hn::MulAdd(q, f, hn::Set(d, 0.24022650695910097));
    return hn::MulAdd(q, f, hn::Set(d, 0.69314718055994529));
  }
}

/// 2^n from rounded = n + kRound.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V power_of_two(D d, V rounded) {
  const hn::RebindToUnsigned<D> bits;
  return hn::BitCast(d, hn::ShiftLeft<ExpConstants<hn::TFromD<D>>::kMantissaBits>(hn::BitCast(bits, rounded)));
}

/// x held to [−bound, bound]; NaN stays NaN. On x86 min and max return their second argument where one is NaN,
/// elsewhere it depends.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V clamped(D d, V x, hn::TFromD<D> bound) {
  const V low = hn::Set(d, -bound), high = hn::Set(d, bound);
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return hn::Min(high, hn::Max(low, x));
#else
  x = hn::IfThenElse(hn::Lt(x, low), low, x);
  return hn::IfThenElse(hn::Gt(x, high), high, x);
#endif
}

/// 1/x for normal x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V reciprocal(D d, V x) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(hn::TFromD<D>) == 4) {  // 14 bits, and 28 after one step of Newton's method
    const V guess = hn::ApproximateReciprocal(x);
    return hn::Mul(guess, hn::NegMulAdd(x, guess, hn::Set(d, 2.0F)));
  }
#endif
  return hn::Div(hn::Set(d, 1), x);
}

/// e^x for x ≤ 0; what is below −kBound counts as that.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_negative(D d, V x) {
  using C = ExpConstants<hn::TFromD<D>>;
  x = clamped(d, x, C::kBound);
  const V rounded = hn::MulAdd(x, hn::Set(d, C::kLog2E), hn::Set(d, C::kRound));
  const V f = hn::MulSub(x, hn::Set(d, C::kLog2E), hn::Sub(rounded, hn::Set(d, C::kRound)));
  return hn::Mul(hn::MulAdd(f, exp2_quotient(d, f), hn::Set(d, 1)), power_of_two(d, rounded));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  using C = ExpConstants<hn::TFromD<D>>;
  x = clamped(d, x, C::kBound);
  const V rounded = hn::NegMulAdd(x, hn::Set(d, C::kLog2E), hn::Set(d, C::kRound));
  const V f = hn::NegMulSub(x, hn::Set(d, C::kLog2E), hn::Sub(rounded, hn::Set(d, C::kRound)));
  const V two_f = hn::MulAdd(f, exp2_quotient(d, f), hn::Set(d, 1));
  return reciprocal(d, hn::MulAdd(two_f, power_of_two(d, rounded), hn::Set(d, 1)));  // 1/(1 + e^−x)
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  using C = ExpConstants<hn::TFromD<D>>;
  x = clamped(d, x, C::kTanhBound);
  const V rounded = hn::MulAdd(x, hn::Set(d, 2 * C::kLog2E), hn::Set(d, C::kRound));
  const V f = hn::MulSub(x, hn::Set(d, 2 * C::kLog2E), hn::Sub(rounded, hn::Set(d, C::kRound)));
  const V scale = power_of_two(d, rounded);
  // e^2x − 1 without cancellation near 0: (2^f − 1) 2^n + (2^n − 1).
  const V e = hn::MulAdd(hn::Mul(f, exp2_quotient(d, f)), scale, hn::Sub(scale, hn::Set(d, 1)));
  return hn::Mul(e, reciprocal(d, hn::Add(e, hn::Set(d, 2))));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
