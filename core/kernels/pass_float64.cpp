// SPDX-License-Identifier: Apache-2.0
/// The kernels in float64, for every instruction set.
#include "core/kernels/arguments.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/pass_float64.cpp"
// clang-format off
#include "core/kernels/targets.hpp"
#include "hwy/foreach_target.h"
#include "core/kernels/dispatch-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {

std::size_t bytes_float64(const Sequence<double>& sequence) { return bytes(sequence); }
void forward_float64(const Sequence<double>& sequence, void* workspace, const Rates<double>& rates) {
  forward_any(sequence, workspace, rates);
}
void backward_float64(const Sequence<double>& sequence, void* workspace, const RateGradients<double>& of_rates,
                      const Quantities<double*>& gradients) {
  backward_any(sequence, workspace, of_rates, gradients);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evobrnn::kernels {

HWY_EXPORT(bytes_float64);
HWY_EXPORT(forward_float64);
HWY_EXPORT(backward_float64);

template <>
std::size_t workspace_bytes(const Sequence<double>& sequence) {
  return HWY_DYNAMIC_DISPATCH(bytes_float64)(sequence);
}
template <>
void forward(const Sequence<double>& sequence, void* workspace, const Rates<double>& rates) {
  HWY_DYNAMIC_DISPATCH(forward_float64)(sequence, workspace, rates);
}
template <>
void backward(const Sequence<double>& sequence, void* workspace, const RateGradients<double>& of_rates,
              const Quantities<double*>& gradients) {
  HWY_DYNAMIC_DISPATCH(backward_float64)(sequence, workspace, of_rates, gradients);
}

}  // namespace evobrnn::kernels
#endif
