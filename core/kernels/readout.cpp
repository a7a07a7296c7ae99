// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/readout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/readout.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "core/kernels/loop-inl.hpp"
#include "core/kernels/vector_math-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE T dot(const T* a, const T* b, std::size_t count) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  std::size_t k = 0;
  for (; k + hn::Lanes(d) <= count; k += hn::Lanes(d)) sum = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), sum);
  T rest = 0;
  for (; k < count; ++k) rest += a[k] * b[k];
  return hn::GetLane(hn::SumOfLanes(d, sum)) + rest;
}

/// Outputs become the gradient of weight · cross-entropy. Returns the cross-entropy.
template <class T>
HWY_INLINE double cross_entropy(T* outputs, std::size_t n_out, std::size_t right, T weight) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), padded = (n_out + lanes - 1) / lanes * lanes;
  const T largest = *std::max_element(outputs, outputs + n_out), at_right = outputs[right];
  auto sums = hn::Zero(d);
  std::fill(outputs + n_out, outputs + padded, std::numeric_limits<T>::lowest());
  for (std::size_t k = 0; k < padded; k += lanes) {
    const auto difference = hn::Sub(hn::Load(d, outputs + k), hn::Set(d, largest));
    const auto e = exp_of_negative(d, difference);
    const auto inside = hn::Lt(hn::Iota(d, static_cast<T>(k)), hn::Set(d, static_cast<T>(n_out)));
    sums = hn::Add(sums, hn::IfThenElseZero(inside, e));
    hn::Store(e, d, outputs + k);
  }
  const T sum = hn::GetLane(hn::SumOfLanes(d, sums)), scale = weight / sum;
  for (std::size_t o = 0; o < n_out; ++o) outputs[o] *= scale;
  outputs[right] -= weight;
  return std::log(static_cast<double>(sum)) + static_cast<double>(largest - at_right);
}

/// Outputs become the gradient of weight · squared error. Returns the squared error, mean over n_out.
template <class T>
HWY_INLINE double squared_error(T* outputs, std::size_t n_out, const T* wanted, T weight) {
  double loss = 0;
  for (std::size_t o = 0; o < n_out; ++o) {
    const T error = outputs[o] - wanted[o];
    loss += static_cast<double>(error) * static_cast<double>(error);
    outputs[o] = 2 * weight * error / static_cast<T>(n_out);
  }
  return loss / static_cast<double>(n_out);
}

template <class T>
double readout_loss_any(const Readout<T>& readout, const Targets<T>& targets, T* outputs,
                        const ReadoutGradients<T>& gradients) {
  const auto [rows, n, n_out, read, rates, V, v] = readout;
  double total_weight = static_cast<double>(rows);
  if (targets.weights) {
    total_weight = 0;
    for (std::size_t row = 0; row < rows; ++row) total_weight += static_cast<double>(targets.weights[row]);
  }
  const double share = total_weight > 0 ? 1 / total_weight : 1;
  double loss = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const T* r = rates + row * n;
    T* of_r = gradients.rates + row * n;
    const double weight = share * (targets.weights ? static_cast<double>(targets.weights[row]) : 1);
    if (weight == 0) {
      std::fill_n(of_r, n, T(0));
      continue;
    }
    for (std::size_t o = 0; o < n_out; ++o) outputs[o] = v[o] + dot(V + o * read, r, read);
    const T scale = static_cast<T>(weight);
    loss +=
        weight * (targets.classes ? cross_entropy(outputs, n_out, static_cast<std::size_t>(targets.classes[row]), scale)
                                  : squared_error(outputs, n_out, targets.values + row * n_out, scale));
    for_each_vector<T>(read, [&](auto d, std::size_t k) HWY_ATTR {
      const auto rate = hn::LoadU(d, r + k);
      auto sum = hn::Zero(d);
      for (std::size_t o = 0; o < n_out; ++o) {
        const auto of_output = hn::Set(d, outputs[o]);
        sum = hn::MulAdd(of_output, hn::LoadU(d, V + o * read + k), sum);
        T* of_V = gradients.V + o * read + k;
        hn::StoreU(hn::MulAdd(of_output, rate, hn::LoadU(d, of_V)), d, of_V);
      }
      hn::StoreU(sum, d, of_r + k);
    });
    std::fill(of_r + read, of_r + n, T(0));
    for (std::size_t o = 0; o < n_out; ++o) gradients.v[o] += outputs[o];
  }
  return loss;
}

double readout_loss_float32(const Readout<float>& readout, const Targets<float>& targets, float* outputs,
                            const ReadoutGradients<float>& gradients) {
  return readout_loss_any(readout, targets, outputs, gradients);
}
double readout_loss_float64(const Readout<double>& readout, const Targets<double>& targets, double* outputs,
                            const ReadoutGradients<double>& gradients) {
  return readout_loss_any(readout, targets, outputs, gradients);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {

HWY_EXPORT(readout_loss_float32);
HWY_EXPORT(readout_loss_float64);

template <>
double readout_loss(const Readout<float>& readout, const Targets<float>& targets, float* outputs,
                    const ReadoutGradients<float>& gradients) {
  return HWY_DYNAMIC_DISPATCH(readout_loss_float32)(readout, targets, outputs, gradients);
}
template <>
double readout_loss(const Readout<double>& readout, const Targets<double>& targets, double* outputs,
                    const ReadoutGradients<double>& gradients) {
  return HWY_DYNAMIC_DISPATCH(readout_loss_float64)(readout, targets, outputs, gradients);
}

}  // namespace evobrnn::kernels
#endif
