// SPDX-License-Identifier: Apache-2.0
/// All panels of a batch, and the form and panel width that are known at run time. For one instruction set at a time.
#if defined(EVOBRNN_KERNELS_DISPATCH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_DISPATCH_INL
#undef EVOBRNN_KERNELS_DISPATCH_INL
#else
#define EVOBRNN_KERNELS_DISPATCH_INL
#endif

#include <cstring>

#include "core/kernels/finish.hpp"
#include "core/kernels/pass-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {

template <class T>
constexpr std::size_t kLanesOf = hn::MaxLanes(hn::ScalableTag<T>());

template <class T>
SharedMemory<T> carve_shared(const Sequence<T>& sequence, Carver& carver) {
  return shared_memory(sequence, carver, kLanesOf<T>, kPanelVectors * kLanesOf<T>, kRows);
}

/// Calls visit(vectors, panel) for each panel; `vectors` is a std::integral_constant. The last panel is as narrow as
/// its samples allow.
template <class T, class Visit>
void for_each_panel(const Sequence<T>& sequence, Carver& carver, const Visit& visit) {
  constexpr std::size_t kLanes = kLanesOf<T>;
  for (std::size_t first = 0; first < sequence.batch; first += kPanelVectors * kLanes) {
    const std::size_t samples = std::min(sequence.batch - first, kPanelVectors * kLanes);
    const auto run = [&](auto vectors) {
      visit(vectors, panel_memory(sequence, carver, first, samples, vectors * kLanes));
    };
    if (samples <= kLanes) run(std::integral_constant<std::size_t, 1>());
    else if (samples <= 2 * kLanes) run(std::integral_constant<std::size_t, 2>());
    else run(std::integral_constant<std::size_t, kPanelVectors>());
  }
}

template <class T>
std::size_t bytes(const Sequence<T>& sequence) {
  Carver carver(nullptr);
  carve_shared(sequence, carver);
  for_each_panel(sequence, carver, [](auto, const PanelMemory<T>&) {});
  return carver.used();
}

template <class T, Gate kGate, bool kPlastic>
void forward_form(const Sequence<T>& sequence, void* workspace, const Rates<T>& rates) {
  Carver carver(workspace);
  const auto shared = carve_shared(sequence, carver);
  pack_forward(sequence, kRows, shared.weights);
  for_each_panel(sequence, carver, [&](auto vectors, const PanelMemory<T>& panel) {
    Pass<T, kGate, kPlastic, vectors>(sequence, shared, panel).forward(rates);
  });
}

template <class T, Gate kGate, bool kPlastic>
void backward_form(const Sequence<T>& sequence, void* workspace, const RateGradients<T>& of_rates,
                   const Quantities<T*>& gradients) {
  Carver carver(workspace);
  const auto shared = carve_shared(sequence, carver);
  pack_backward(sequence, kRows, shared.weights_back);
  start_gradients(sequence, shared, kLanesOf<T>, gradients);
  for_each_panel(sequence, carver, [&](auto vectors, const PanelMemory<T>& panel) {
    Pass<T, kGate, kPlastic, vectors>(sequence, shared, panel).backward(of_rates, gradients);
  });
  finish_gradients(sequence, shared, kLanesOf<T>, gradients);
}

template <class T>
void forward_any(const Sequence<T>& sequence, void* workspace, const Rates<T>& rates) {
  const auto& form = sequence.form;
  if (form.gate == Gate::split) return forward_form<T, Gate::split, false>(sequence, workspace, rates);
  if (form.gate == Gate::dense) {
    return form.plastic ? forward_form<T, Gate::dense, true>(sequence, workspace, rates)
                        : forward_form<T, Gate::dense, false>(sequence, workspace, rates);
  }
  return form.plastic ? forward_form<T, Gate::constant, true>(sequence, workspace, rates)
                      : forward_form<T, Gate::constant, false>(sequence, workspace, rates);
}

template <class T>
void backward_any(const Sequence<T>& sequence, void* workspace, const RateGradients<T>& of_rates,
                  const Quantities<T*>& gradients) {
  const auto& form = sequence.form;
  if (form.gate == Gate::split) return backward_form<T, Gate::split, false>(sequence, workspace, of_rates, gradients);
  if (form.gate == Gate::dense) {
    return form.plastic ? backward_form<T, Gate::dense, true>(sequence, workspace, of_rates, gradients)
                        : backward_form<T, Gate::dense, false>(sequence, workspace, of_rates, gradients);
  }
  return form.plastic ? backward_form<T, Gate::constant, true>(sequence, workspace, of_rates, gradients)
                      : backward_form<T, Gate::constant, false>(sequence, workspace, of_rates, gradients);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
