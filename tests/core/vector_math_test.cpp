// SPDX-License-Identifier: Apache-2.0
/// Accuracy of the vector sigmoid and tanh on every instruction set of this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/core/instruction_sets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/core/vector_math_test.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "core/kernels/vector_math-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {

/// out[0] = sigmoid(x), out[1] = tanh(x).
template <class T>
void both(T x, T* out) {
  const hn::ScalableTag<T> d;
  out[0] = hn::GetLane(sigmoid(d, hn::Set(d, x)));
  out[1] = hn::GetLane(tanh(d, hn::Set(d, x)));
}
void both_float32(float x, float* out) { both(x, out); }
void both_float64(double x, double* out) { both(x, out); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {
namespace {

HWY_EXPORT(both_float32);
HWY_EXPORT(both_float64);

void both_of(float x, float* out) { HWY_DYNAMIC_DISPATCH(both_float32)(x, out); }
void both_of(double x, double* out) { HWY_DYNAMIC_DISPATCH(both_float64)(x, out); }

template <class T>
void expect_accurate(double tolerance) {
  for (double x = -16; x <= 16; x += 0.00390625 * 0.7) {
    T out[2];
    both_of(static_cast<T>(x), out);
    const double at = static_cast<T>(x);
    const double sigmoid = 1 / (1 + std::exp(-at)), tangent = std::tanh(at);
    ASSERT_NEAR(out[0] / sigmoid, 1, tolerance) << "sigmoid at " << at;
    ASSERT_NEAR(out[1] / tangent, 1, tolerance) << "tanh at " << at;
  }
}

template <class T>
void expect_right_at_the_ends() {
  const T infinity = std::numeric_limits<T>::infinity(), largest = std::numeric_limits<T>::max();
  T out[2];
  both_of(T(0), out);
  EXPECT_EQ(out[0], T(0.5));
  EXPECT_EQ(out[1], T(0));
  for (const T x : {T(100), T(1e6), largest, infinity}) {
    both_of(x, out);
    EXPECT_EQ(out[0], T(1)) << x;
    EXPECT_NEAR(out[1], T(1), std::numeric_limits<T>::epsilon()) << x;
    both_of(-x, out);
    EXPECT_GE(out[0], T(0)) << -x;
    EXPECT_LT(out[0], T(1e-37)) << -x;
    EXPECT_NEAR(out[1], T(-1), std::numeric_limits<T>::epsilon()) << -x;
  }
  both_of(std::numeric_limits<T>::quiet_NaN(), out);
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_TRUE(std::isnan(out[1]));
  both_of(T(1e-20), out);
  EXPECT_NEAR(out[1] / T(1e-20), T(1), T(1e-6)) << "tanh x = x near 0";
}

TEST(VectorMath, SigmoidAndTanhAreAccurate) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    SCOPED_TRACE(name);
    expect_accurate<float>(name == "SCALAR" ? 3e-6 : 4e-7);  // without fused multiply-add
    expect_accurate<double>(name == "SCALAR" ? 1e-14 : 2e-15);
  });
}

TEST(VectorMath, SigmoidAndTanhAreRightAtZeroAtHugeValuesAndForNaN) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    SCOPED_TRACE(name);
    expect_right_at_the_ends<float>();
    expect_right_at_the_ends<double>();
  });
}

}  // namespace
}  // namespace evobrnn::kernels
#endif
