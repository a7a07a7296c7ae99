// SPDX-License-Identifier: Apache-2.0
/// The sequence of one panel, forward and backward: at every step products and element-wise pass, block by block. For
/// one instruction set at a time.
#if defined(EVOBRNN_KERNELS_PASS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_PASS_INL
#undef EVOBRNN_KERNELS_PASS_INL
#else
#define EVOBRNN_KERNELS_PASS_INL
#endif

#include "core/kernels/elementwise-inl.hpp"
#include "core/kernels/layout.hpp"
#include "core/kernels/packing.hpp"
#include "core/kernels/plasticity-inl.hpp"
#include "core/kernels/products-inl.hpp"
#include "core/kernels/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Sets going_on[b] to 0 for samples that are reset before step t, and to 1 for the others. Returns it; null where none
/// is reset.
template <class T>
T* mark_going_on(const Sequence<T>& sequence, const PanelMemory<T>& panel, std::size_t t, T* going_on) {
  if (!sequence.reset || t == 0) return nullptr;
  bool any = false;
  std::fill_n(going_on, panel.width, T(1));
  for (std::size_t b = 0; b < panel.samples; ++b) {
    if (sequence.reset[panel.first_sample + b] != static_cast<std::int64_t>(t)) continue;
    going_on[b] = 0;
    any = true;
  }
  return any ? going_on : nullptr;
}

template <class T, Gate kGate, bool kPlastic, std::size_t kVectors>
class Pass {
 public:
  using D = hn::ScalableTag<T>;
  static constexpr std::size_t kLanes = hn::MaxLanes(D()), kPanel = kVectors * kLanes;
  static constexpr bool kDense = kGate == Gate::dense, kSplit = kGate == Gate::split;

  Pass(const Sequence<T>& sequence, const SharedMemory<T>& shared, const PanelMemory<T>& panel)
      : sequence_(sequence),
        values_(sequence.values),
        shared_(shared),
        panel_(panel),
        n_(sequence.n),
        n_in_(sequence.n_in),
        n_E_(kSplit ? sequence.form.n_excitatory : sequence.n) {}

  void forward(const Rates<T>& rates) const {
    const std::size_t steps = sequence_.steps;
    std::fill_n(panel_.r.at(0), n_ * kPanel, T(0));
    for (std::size_t t = 0; t < steps; ++t) {
      to_panel(of_step(sequence_.x, t, n_in_), panel_.samples, n_in_, kPanel, panel_.x.at(t));
      if (sequence_.noise) to_panel(of_step(sequence_.noise, t, n_), panel_.samples, n_, kPanel, shared_.scratch);
      const T* going_on = mark_going_on(sequence_, panel_, t, shared_.going_on);
      if (going_on) {
        T* r = panel_.r.at(t);
        for (std::size_t k = 0; k < n_ * kPanel; ++k) r[k] *= going_on[k % kPanel];
      }
      if constexpr (kPlastic) {
        plasticity_forward<kVectors>(D(), sequence_.form.delta, values_, plastic_step(t, going_on), n_, panel_.u.at(t),
                                     panel_.x_s.at(t), panel_.q.at(t));
      }
      forward_step(t);
      if (rates.all) {
        from_panel(panel_.r.at(t + 1), panel_.samples, n_, kPanel,
                   rates.all + (t * sequence_.batch + panel_.first_sample) * n_);
      }
    }
    if (rates.last) from_panel(panel_.r.at(steps), panel_.samples, n_, kPanel, rates.last + panel_.first_sample * n_);
  }

  void backward(const RateGradients<T>& of_rates, const Quantities<T*>& gradients) const {
    const std::size_t steps = sequence_.steps, state = n_ * kPanel;
    if (of_rates.last) {
      to_panel(of_rates.last + panel_.first_sample * n_, panel_.samples, n_, kPanel, shared_.carry);
    } else {
      std::fill_n(shared_.carry, state, T(0));
    }
    if constexpr (kPlastic) {
      std::fill_n(shared_.of_u, state, T(0));
      std::fill_n(shared_.of_x, state, T(0));
    }
    const Blocks stretches(steps, stretch_of(sequence_, kPanel));
    for (std::size_t stretch = stretches.count; stretch-- > 0;) {
      const std::size_t begin = stretches.begin(stretch), length = stretches.size(stretch);
      for (std::size_t t = begin + length; t-- > begin;) {
        backward_step(t, t - begin, of_rates);
      }
      weights_backward(begin, length, gradients);
      // The stretch before continues from the first step of this one, whose gradients it finds after its last place.
      const std::size_t last_place = stretch > 0 ? stretches.size(stretch - 1) : 0;
      if (last_place != 0) {
        std::copy_n(shared_.left_0, state, shared_.left_0 + last_place * state);
        if constexpr (kDense || kSplit) std::copy_n(shared_.left_1, state, shared_.left_1 + last_place * state);
      }
    }
    if constexpr (kPlastic) {  // u_1 = U, whatever z_u, because r_0 = 0
      T* U = units().U;
      for (std::size_t k = 0; k < state; ++k) U[k / kPanel * kLanes + k % kLanes] += shared_.of_u[k];
    }
  }

 private:
  UnitSums<T> units() const { return unit_sums(shared_.unit_sums, n_, kLanes); }

  const T* of_step(const T* all, std::size_t t, std::size_t columns) const {
    return all + (t * sequence_.batch + panel_.first_sample) * columns;
  }

  StepPlastic<T> plastic_step(std::size_t t, const T* going_on) const {
    return {panel_.r.at(t), t > 0 ? panel_.u.at(t - 1) : nullptr, t > 0 ? panel_.x_s.at(t - 1) : nullptr, going_on};
  }

  void forward_step(std::size_t t) const {
    const T* r = panel_.r.at(t);
    const T* x = panel_.x.at(t);
    const T* q = kPlastic ? panel_.q.at(t) : r;
    // The sums and their order: see gate_forward().
    Term<T> terms[4];
    std::size_t n_terms;
    if constexpr (kSplit) {
      terms[0] = {r, n_E_, true};
      terms[1] = {r + n_E_ * kPanel, n_ - n_E_, true};
      terms[2] = {x, n_in_, true};
      terms[3] = {x, n_in_, true};
      n_terms = 4;
    } else {
      terms[0] = {q, n_, false};
      terms[1] = {x, n_in_, true};
      terms[2] = {r, n_, false};
      terms[3] = {x, n_in_, true};
      n_terms = kDense ? 4 : 2;
    }
    const StepForward<T> step{r,
                              sequence_.noise ? shared_.scratch : nullptr,
                              panel_.r.at(t + 1),
                              panel_.s.at(t),
                              panel_.z.at(t),
                              panel_.y_E.at(t),
                              panel_.y_I.at(t)};
    const std::size_t a_row = terms_of(sequence_);
    const Blocks blocks(n_, kRows);
    for (std::size_t block = 0; block < blocks.count; ++block) {
      const std::size_t i = blocks.begin(block), rows = blocks.size(block);
      products<kVectors>(D(), rows, shared_.weights + i * a_row, terms, n_terms, shared_.sums);
      gate_forward<kGate, kVectors>(D(), sequence_.form, values_, step, i, rows, shared_.sums);
    }
  }

  /// Gradients of the drives of step t, into `place`; those of step t + 1 lie in the next place.
  void backward_step(std::size_t t, std::size_t place, const RateGradients<T>& of_rates) const {
    const std::size_t state = n_ * kPanel;
    const bool last = t + 1 == sequence_.steps;
    if (of_rates.all) to_panel(of_step(of_rates.all, t, n_), panel_.samples, n_, kPanel, shared_.scratch);
    StepBackward<T> step;
    step.r = panel_.r.at(t);
    step.s = panel_.s.at(t);
    step.z = panel_.z.at(t);
    step.y_E = panel_.y_E.at(t);
    step.y_I = panel_.y_I.at(t);
    step.of_rates = of_rates.all ? shared_.scratch : nullptr;
    step.going_on = last ? nullptr : mark_going_on(sequence_, panel_, t + 1, shared_.going_on);
    step.carry = shared_.carry;
    step.left_0 = shared_.left_0 + place * state;
    step.left_1 = kGate == Gate::constant ? nullptr : shared_.left_1 + place * state;
    const T* left_0 = shared_.left_0 + (place + 1) * state;
    const T* left_1 = kGate == Gate::constant ? nullptr : shared_.left_1 + (place + 1) * state;
    const T* weights = shared_.weights_back;
    const auto run = [&](std::size_t first, std::size_t units, const Term<T>* terms, std::size_t n_terms) HWY_ATTR {
      const Blocks blocks(units, kRows);
      for (std::size_t block = 0; block < blocks.count; ++block) {
        const std::size_t j = first + blocks.begin(block), rows = blocks.size(block);
        if (!last) products<kVectors>(D(), rows, weights, terms, n_terms, shared_.sums);
        weights += rows * n_ * n_terms;
        backward_block(t, step, j, rows, last);
      }
    };
    if constexpr (kSplit) {
      const Term<T> excitatory{left_0, n_, true}, inhibitory{left_1, n_, true};
      run(0, n_E_, &excitatory, 1);
      run(n_E_, n_ - n_E_, &inhibitory, 1);
    } else {
      // With plasticity the gradient of q is a sum of its own.
      const Term<T> terms[2] = {{left_0, n_, kPlastic || !kDense}, {left_1, n_, true}};
      run(0, n_, terms, kDense ? 2 : 1);
    }
  }

  void backward_block(std::size_t t, const StepBackward<T>& step, std::size_t j, std::size_t rows, bool last) const {
    const T* sums = last ? nullptr : shared_.sums;
    const T* more = nullptr;
    if constexpr (kPlastic) {
      if (!last) {
        plasticity_backward<kVectors>(D(), sequence_.form.delta, values_, plastic_step(t + 1, step.going_on), units(),
                                      j, rows, sums, panel_.u.at(t + 1), panel_.x_s.at(t + 1), shared_.of_u,
                                      shared_.of_x, shared_.more);
        more = shared_.more;
        sums = kDense ? sums + rows * kPanel : nullptr;
      }
    }
    gate_backward<kGate, kVectors>(D(), sequence_.form, values_, step, units(), j, rows, sums, more);
  }

  /// Adds what the steps begin … begin + length − 1 bring to the gradients of the weights.
  void weights_backward(std::size_t begin, std::size_t length, const Quantities<T*>& gradients) const {
    const std::size_t state = n_ * kPanel;
    const T *r = panel_.r.at(begin), *x = panel_.x.at(begin), *q = kPlastic ? panel_.q.at(begin) : r;
    const auto add = [&](const T* left, const T* right, std::size_t stride, std::size_t columns, T* out,
                         std::size_t width) HWY_ATTR {
      if (out) dots<kVectors>(D(), left, state, n_, right, stride, columns, length, out, width);
    };
    const T *left_0 = shared_.left_0, *left_1 = shared_.left_1;
    if constexpr (kSplit) {
      add(left_0, r, state, n_E_, gradients.W, n_);
      add(left_1, r + n_E_ * kPanel, state, n_ - n_E_, gradients.W + n_E_, n_);
      add(left_0, x, n_in_ * kPanel, n_in_, shared_.x_dots_0, n_in_);
      add(left_1, x, n_in_ * kPanel, n_in_, shared_.x_dots_1, n_in_);
    } else {
      add(left_0, q, state, n_, gradients.W, n_);
      add(left_0, x, n_in_ * kPanel, n_in_, gradients.P, n_in_);
      if constexpr (kDense) {
        add(left_1, r, state, n_, gradients.G, n_);
        add(left_1, x, n_in_ * kPanel, n_in_, gradients.Q, n_in_);
      }
    }
  }

  const Sequence<T>& sequence_;
  const Quantities<const T*>& values_;
  const SharedMemory<T>& shared_;
  const PanelMemory<T>& panel_;
  const std::size_t n_, n_in_, n_E_;
};

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
