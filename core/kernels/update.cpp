// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/update.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/update.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "core/kernels/loop-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// In float64 sums of one stretch after the other, so that large networks lose nothing.
template <class T>
double square_sum(T* gradients, const T* mask, std::size_t count) {
  constexpr std::size_t kStretch = 1024;
  const hn::ScalableTag<T> d;
  double total = 0;
  for (std::size_t begin = 0; begin < count; begin += kStretch) {
    const std::size_t length = HWY_MIN(kStretch, count - begin);
    auto sum = hn::Zero(d);
    T rest = 0;
    for_each_vector<T>(length, [&](auto tag, std::size_t k) HWY_ATTR {
      auto g = hn::LoadU(tag, gradients + begin + k);
      if (mask) {
        g = hn::Mul(g, hn::LoadU(tag, mask + begin + k));
        hn::StoreU(g, tag, gradients + begin + k);
      }
      if constexpr (hn::MaxLanes(decltype(tag)()) == hn::MaxLanes(hn::ScalableTag<T>())) sum = hn::MulAdd(g, g, sum);
      else rest += hn::GetLane(hn::Mul(g, g));
    });
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)) + rest);
  }
  return total;
}

template <class T>
void adam_any(const AdamConstants& c, T* values, T* gradients, T* first, T* second, std::size_t count) {
  for_each_vector<T>(count, [&](auto d, std::size_t k) HWY_ATTR {
    const auto number = [&](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
    const auto g = hn::Mul(hn::LoadU(d, gradients + k), number(c.scale));
    const auto m = hn::MulAdd(number(c.beta1), hn::LoadU(d, first + k), hn::Mul(number(1 - c.beta1), g));
    const auto v = hn::MulAdd(number(c.beta2), hn::LoadU(d, second + k), hn::Mul(number(1 - c.beta2), hn::Mul(g, g)));
    const auto denominator = hn::Add(hn::Div(hn::Sqrt(v), number(c.root_bias2)), number(c.epsilon));
    const auto change = hn::Div(hn::Mul(number(c.rate), m), denominator);
    hn::StoreU(m, d, first + k);
    hn::StoreU(v, d, second + k);
    hn::StoreU(hn::Sub(hn::LoadU(d, values + k), change), d, values + k);
    hn::StoreU(hn::Zero(d), d, gradients + k);
  });
}

template <class T>
void momentum_any(double mu, double rate, double scale, T* values, T* gradients, T* first, std::size_t count) {
  for_each_vector<T>(count, [&](auto d, std::size_t k) HWY_ATTR {
    const auto number = [&](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
    const auto g = hn::Mul(hn::LoadU(d, gradients + k), number(scale));
    const auto v = hn::MulAdd(number(mu), hn::LoadU(d, first + k), g);
    hn::StoreU(v, d, first + k);
    hn::StoreU(hn::NegMulAdd(number(rate), v, hn::LoadU(d, values + k)), d, values + k);
    hn::StoreU(hn::Zero(d), d, gradients + k);
  });
}

double square_sum_float32(float* gradients, const float* mask, std::size_t count) {
  return square_sum(gradients, mask, count);
}
double square_sum_float64(double* gradients, const double* mask, std::size_t count) {
  return square_sum(gradients, mask, count);
}
void adam_float32(const AdamConstants& c, float* values, float* gradients, float* first, float* second,
                  std::size_t count) {
  adam_any(c, values, gradients, first, second, count);
}
void adam_float64(const AdamConstants& c, double* values, double* gradients, double* first, double* second,
                  std::size_t count) {
  adam_any(c, values, gradients, first, second, count);
}
void momentum_float32(double mu, double rate, double scale, float* values, float* gradients, float* first,
                      std::size_t count) {
  momentum_any(mu, rate, scale, values, gradients, first, count);
}
void momentum_float64(double mu, double rate, double scale, double* values, double* gradients, double* first,
                      std::size_t count) {
  momentum_any(mu, rate, scale, values, gradients, first, count);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {

HWY_EXPORT(square_sum_float32);
HWY_EXPORT(square_sum_float64);
HWY_EXPORT(adam_float32);
HWY_EXPORT(adam_float64);
HWY_EXPORT(momentum_float32);
HWY_EXPORT(momentum_float64);

template <>
double masked_square_sum(float* gradients, const float* mask, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(square_sum_float32)(gradients, mask, count);
}
template <>
double masked_square_sum(double* gradients, const double* mask, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(square_sum_float64)(gradients, mask, count);
}
template <>
void adam(const AdamConstants& c, float* values, float* gradients, float* first, float* second, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(adam_float32)(c, values, gradients, first, second, count);
}
template <>
void adam(const AdamConstants& c, double* values, double* gradients, double* first, double* second, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(adam_float64)(c, values, gradients, first, second, count);
}
template <>
void momentum(double mu, double rate, double scale, float* values, float* gradients, float* first, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(momentum_float32)(mu, rate, scale, values, gradients, first, count);
}
template <>
void momentum(double mu, double rate, double scale, double* values, double* gradients, double* first,
              std::size_t count) {
  HWY_DYNAMIC_DISPATCH(momentum_float64)(mu, rate, scale, values, gradients, first, count);
}

}  // namespace evobrnn::kernels
#endif
