// SPDX-License-Identifier: Apache-2.0
/// The element-wise pass over a block of units after its products, forward and backward, for one instruction set at a
/// time. Pointers of a step point at [n][panel]; those of a block's sums at [output][rows][panel].
#if defined(EVOBRNN_KERNELS_ELEMENTWISE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_ELEMENTWISE_INL
#undef EVOBRNN_KERNELS_ELEMENTWISE_INL
#else
#define EVOBRNN_KERNELS_ELEMENTWISE_INL
#endif

#include "core/kernels/arguments.hpp"
#include "core/kernels/layout.hpp"
#include "core/kernels/vector_math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// What one step of a panel reads and writes, forward.
template <class T>
struct StepForward {
  const T* r = nullptr;      ///< before the step
  const T* noise = nullptr;  ///< null: none
  T* r_new = nullptr;
  T *s = nullptr, *z = nullptr;      ///< candidate and gate, kept for backward
  T *y_E = nullptr, *y_I = nullptr;  ///< split, kept where A is trained; null: not kept
};

/// r ← r + z (s − r) for the units begin … begin + rows − 1. Sums: constant: drive; dense: drive, gate's drive; split:
/// y_E, y_I, P x, |P| x.
template <Gate kGate, std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void gate_forward(D d, const Form& form, const Quantities<const T*>& values, const StepForward<T>& step,
                             std::size_t begin, std::size_t rows, const T* HWY_RESTRICT sums) {
  using V = hn::Vec<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D()), kPanel = kVectors * kLanes;
  const std::size_t output = rows * kPanel;
  const bool driven = kGate != Gate::constant, split = kGate == Gate::split;
  const V dt = hn::Set(d, driven ? *values.dt : 0);
  const V A_E = hn::Set(d, split ? *values.A_E : 0), A_I = hn::Set(d, split ? *values.A_I : 0);
  for (std::size_t m = 0; m < rows; ++m) {
    const std::size_t i = begin + m;
    const V b = hn::Set(d, values.b[i]), g = hn::Set(d, driven ? values.g[i] : values.z[i]);
    for (std::size_t v = 0; v < kPanel; v += kLanes) {
      const T* HWY_RESTRICT sum = sums + m * kPanel + v;
      const std::size_t at = i * kPanel + v;
      V drive, gate_drive = g;
      if constexpr (kGate == Gate::split) {
        const V y_E = hn::Load(d, sum), y_I = hn::Load(d, sum + output);
        drive = hn::Add(hn::Sub(y_E, y_I), hn::Add(hn::Load(d, sum + 2 * output), b));
        gate_drive = hn::MulAdd(A_E, y_E, hn::MulAdd(A_I, y_I, hn::Add(hn::Load(d, sum + 3 * output), g)));
        if (step.y_E) {
          hn::Store(y_E, d, step.y_E + at);
          hn::Store(y_I, d, step.y_I + at);
        }
      } else {
        drive = hn::Add(hn::Load(d, sum), b);
        if constexpr (kGate == Gate::dense) gate_drive = hn::Add(hn::Load(d, sum + output), g);
      }
      if (step.noise) drive = hn::Add(drive, hn::Load(d, step.noise + at));
      const V s = form.tanh ? tanh(d, drive) : sigmoid(d, drive);
      V z = g;
      if constexpr (kGate != Gate::constant) {
        z = hn::Mul(dt, sigmoid(d, gate_drive));
        hn::Store(z, d, step.z + at);
      }
      hn::Store(s, d, step.s + at);
      const V r = hn::Load(d, step.r + at);
      hn::Store(hn::MulAdd(z, hn::Sub(s, r), r), d, step.r_new + at);
    }
  }
}

/// What one step of a panel reads and writes, backward.
template <class T>
struct StepBackward {
  const T *r = nullptr, *s = nullptr, *z = nullptr;  ///< of the step; r before it
  const T *y_E = nullptr, *y_I = nullptr;            ///< null: not kept
  const T* of_rates = nullptr;  ///< gradient that arrives at r after the step from outside; null: none
  const T* going_on = nullptr;  ///< [panel] 0 for samples that are reset after the step, else 1; null: none is
  T* carry = nullptr;  ///< in: gradient of r after the step, but for the products; out: likewise, one step before
  T *left_0 = nullptr, *left_1 = nullptr;  ///< out: split: e_E, e_I; else of the drive, of the gate's drive
};

/// Gradients of the drives of one step. `sums`: what the products bring to r; null after the last step. `more`: the
/// same from plasticity, [rows][panel]; null: none.
template <Gate kGate, std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void gate_backward(D d, const Form& form, const Quantities<const T*>& values, const StepBackward<T>& step,
                              const UnitSums<T>& units, std::size_t begin, std::size_t rows, const T* HWY_RESTRICT sums,
                              const T* HWY_RESTRICT more) {
  using V = hn::Vec<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D()), kPanel = kVectors * kLanes;
  constexpr bool kDriven = kGate != Gate::constant, kSplit = kGate == Gate::split;
  const V one = hn::Set(d, 1), over_dt = hn::Set(d, kDriven ? 1 / *values.dt : 0);
  const V A_E = hn::Set(d, kSplit ? *values.A_E : 0), A_I = hn::Set(d, kSplit ? *values.A_I : 0);
  V dt_sum = hn::Zero(d), A_E_sum = hn::Zero(d), A_I_sum = hn::Zero(d);
  for (std::size_t m = 0; m < rows; ++m) {
    const std::size_t i = begin + m;
    V b_sum = hn::Load(d, units.b + i * kLanes), g_sum = hn::Load(d, units.g_or_z + i * kLanes);
    const V constant_z = hn::Set(d, kDriven ? 0 : values.z[i]);
    for (std::size_t v = 0; v < kPanel; v += kLanes) {
      const std::size_t at = i * kPanel + v;
      V grad = hn::Load(d, step.carry + at);
      if (sums) grad = hn::Add(grad, hn::Load(d, sums + m * kPanel + v));
      if (more) grad = hn::Add(grad, hn::Load(d, more + m * kPanel + v));
      if (step.going_on) grad = hn::Mul(grad, hn::Load(d, step.going_on + v));
      if (step.of_rates) grad = hn::Add(grad, hn::Load(d, step.of_rates + at));
      const V s = hn::Load(d, step.s + at), r = hn::Load(d, step.r + at);
      const V z = kDriven ? hn::Load(d, step.z + at) : constant_z;
      const V slope = form.tanh ? hn::NegMulAdd(s, s, one) : hn::NegMulAdd(s, s, s);
      const V of_s = hn::Mul(grad, z);
      const V of_drive = hn::Mul(of_s, slope);
      const V of_z = hn::Mul(grad, hn::Sub(s, r));
      b_sum = hn::Add(b_sum, of_drive);
      if constexpr (!kDriven) {
        hn::Store(of_drive, d, step.left_0 + at);
        g_sum = hn::Add(g_sum, of_z);
      } else {
        const V of_share = hn::Mul(of_z, z);
        const V of_gate_drive = hn::Mul(of_share, hn::NegMulAdd(z, over_dt, one));
        dt_sum = hn::Add(dt_sum, of_share);
        g_sum = hn::Add(g_sum, of_gate_drive);
        if constexpr (kSplit) {
          hn::Store(hn::MulAdd(A_E, of_gate_drive, of_drive), d, step.left_0 + at);
          hn::Store(hn::MulSub(A_I, of_gate_drive, of_drive), d, step.left_1 + at);
          if (step.y_E) {
            A_E_sum = hn::MulAdd(of_gate_drive, hn::Load(d, step.y_E + at), A_E_sum);
            A_I_sum = hn::MulAdd(of_gate_drive, hn::Load(d, step.y_I + at), A_I_sum);
          }
        } else {
          hn::Store(of_drive, d, step.left_0 + at);
          hn::Store(of_gate_drive, d, step.left_1 + at);
        }
      }
      hn::Store(hn::Sub(grad, of_s), d, step.carry + at);
    }
    hn::Store(b_sum, d, units.b + i * kLanes);
    hn::Store(g_sum, d, units.g_or_z + i * kLanes);
  }
  if constexpr (kDriven) hn::Store(hn::Add(hn::Load(d, units.dt), dt_sum), d, units.dt);
  if constexpr (kSplit) {
    hn::Store(hn::Add(hn::Load(d, units.A_E), A_E_sum), d, units.A_E);
    hn::Store(hn::Add(hn::Load(d, units.A_I), A_I_sum), d, units.A_I);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
