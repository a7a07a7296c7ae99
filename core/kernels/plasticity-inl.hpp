// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity of a panel, forward and backward, for one instruction set at a time. The equation stands in
/// core/models/plasticity.hpp.
#if defined(EVOBRNN_KERNELS_PLASTICITY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOBRNN_KERNELS_PLASTICITY_INL
#undef EVOBRNN_KERNELS_PLASTICITY_INL
#else
#define EVOBRNN_KERNELS_PLASTICITY_INL
#endif

#include "core/kernels/arguments.hpp"
#include "core/kernels/elementwise-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evobrnn::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One step of u and x_s; each pointer [n][panel].
template <class T>
struct StepPlastic {
  const T* r = nullptr;                              ///< before the step
  const T *u_before = nullptr, *x_before = nullptr;  ///< null: the start, U and 1
  const T* going_on = nullptr;  ///< [panel] 0 for samples that were reset before the step, else 1; null: none was
};

/// v, or `start` for samples that were reset.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V before_step(D d, const hn::TFromD<D>* v, const hn::TFromD<D>* going_on, V start) {
  if (!v) return start;
  const V value = hn::Load(d, v);
  if (!going_on) return value;
  return hn::IfThenElse(hn::Eq(hn::Load(d, going_on), hn::Zero(d)), start, value);
}

/// u, x_s and q = u ⊙ x_s ⊙ r of the step, for all units.
template <std::size_t kVectors, class D, class T = hn::TFromD<D>>
void plasticity_forward(D d, double delta, const Quantities<const T*>& values, const StepPlastic<T>& step,
                        std::size_t n, T* HWY_RESTRICT u, T* HWY_RESTRICT x_s, T* HWY_RESTRICT q) {
  using V = hn::Vec<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D()), kPanel = kVectors * kLanes;
  const V one = hn::Set(d, 1), delta_v = hn::Set(d, static_cast<T>(delta));
  for (std::size_t i = 0; i < n; ++i) {
    const V U = hn::Set(d, values.U[i]), z_u = hn::Set(d, values.z_u[i]), z_x = hn::Set(d, values.z_x[i]);
    const V rest = hn::Mul(U, z_u), keep_u = hn::Sub(one, z_u), keep_x = hn::Sub(one, z_x), rise = hn::Mul(delta_v, U);
    for (std::size_t v = 0; v < kPanel; v += kLanes) {
      const std::size_t at = i * kPanel + v;
      const T* going_on = step.going_on ? step.going_on + v : nullptr;
      const V r = hn::Load(d, step.r + at);
      const V u_0 = before_step(d, step.u_before ? step.u_before + at : nullptr, going_on, U);
      const V x_0 = before_step(d, step.x_before ? step.x_before + at : nullptr, going_on, one);
      const V u_1 = hn::MulAdd(hn::Mul(rise, hn::Sub(one, u_0)), r, hn::MulAdd(keep_u, u_0, rest));
      const V spent = hn::Mul(hn::Mul(delta_v, u_1), hn::Mul(x_0, r));
      const V x_1 = hn::Sub(hn::MulAdd(keep_x, x_0, z_x), spent);
      hn::Store(u_1, d, u + at);
      hn::Store(x_1, d, x_s + at);
      hn::Store(hn::Mul(hn::Mul(u_1, x_1), r), d, q + at);
    }
  }
}

/// Backward through one step for the units begin … begin + rows − 1. `of_q`: gradient of q, [rows][panel]. u, x_s:
/// after the step. of_u, of_x: in: gradients of u and x_s after the step, from later ones; out: before it. of_r:
/// [rows][panel], what goes to r before the step.
template <std::size_t kVectors, class D, class T = hn::TFromD<D>>
void plasticity_backward(D d, double delta, const Quantities<const T*>& values, const StepPlastic<T>& step,
                         const UnitSums<T>& units, std::size_t begin, std::size_t rows, const T* HWY_RESTRICT of_q,
                         const T* HWY_RESTRICT u, const T* HWY_RESTRICT x_s, T* HWY_RESTRICT of_u, T* HWY_RESTRICT of_x,
                         T* HWY_RESTRICT of_r) {
  using V = hn::Vec<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D()), kPanel = kVectors * kLanes;
  const V one = hn::Set(d, 1), delta_v = hn::Set(d, static_cast<T>(delta));
  for (std::size_t m = 0; m < rows; ++m) {
    const std::size_t i = begin + m;
    const V U = hn::Set(d, values.U[i]), z_u = hn::Set(d, values.z_u[i]);
    const V keep_u = hn::Sub(one, z_u), keep_x = hn::Sub(one, hn::Set(d, values.z_x[i])), rise = hn::Mul(delta_v, U);
    V U_sum = hn::Load(d, units.U + i * kLanes), z_u_sum = hn::Load(d, units.z_u + i * kLanes),
      z_x_sum = hn::Load(d, units.z_x + i * kLanes);
    for (std::size_t v = 0; v < kPanel; v += kLanes) {
      const std::size_t at = i * kPanel + v;
      const T* going_on = step.going_on ? step.going_on + v : nullptr;
      const V r = hn::Load(d, step.r + at);
      const V u_0 = before_step(d, step.u_before ? step.u_before + at : nullptr, going_on, U);
      const V x_0 = before_step(d, step.x_before ? step.x_before + at : nullptr, going_on, one);
      const V u_1 = hn::Load(d, u + at), x_1 = hn::Load(d, x_s + at);
      const V grad = hn::Load(d, of_q + m * kPanel + v);  // of q = u_1 x_1 r
      V grad_u = hn::MulAdd(grad, hn::Mul(x_1, r), hn::Load(d, of_u + at));
      const V grad_x = hn::MulAdd(grad, hn::Mul(u_1, r), hn::Load(d, of_x + at));
      V grad_r = hn::Mul(grad, hn::Mul(u_1, x_1));
      // x_1 = z_x + (1 − z_x) x_0 − δ u_1 x_0 r
      const V flow = hn::Mul(delta_v, grad_x);
      z_x_sum = hn::MulAdd(grad_x, hn::Sub(one, x_0), z_x_sum);
      grad_u = hn::NegMulAdd(flow, hn::Mul(x_0, r), grad_u);
      grad_r = hn::NegMulAdd(flow, hn::Mul(u_1, x_0), grad_r);
      V before_x = hn::NegMulAdd(flow, hn::Mul(u_1, r), hn::Mul(grad_x, keep_x));
      // u_1 = U z_u + (1 − z_u) u_0 + δ U (1 − u_0) r
      const V room = hn::Sub(one, u_0);
      z_u_sum = hn::MulAdd(grad_u, hn::Sub(U, u_0), z_u_sum);
      U_sum = hn::MulAdd(grad_u, hn::MulAdd(hn::Mul(delta_v, room), r, z_u), U_sum);
      grad_r = hn::MulAdd(grad_u, hn::Mul(rise, room), grad_r);
      V before_u = hn::Mul(grad_u, hn::NegMulAdd(rise, r, keep_u));
      if (going_on) {  // before the step of a sample that was reset: u_0 = U, x_0 = 1
        const V on = hn::Load(d, going_on);
        U_sum = hn::MulAdd(before_u, hn::Sub(one, on), U_sum);
        before_u = hn::Mul(before_u, on);
        before_x = hn::Mul(before_x, on);
      }
      hn::Store(before_u, d, of_u + at);
      hn::Store(before_x, d, of_x + at);
      hn::Store(grad_r, d, of_r + m * kPanel + v);
    }
    hn::Store(U_sum, d, units.U + i * kLanes);
    hn::Store(z_u_sum, d, units.z_u + i * kLanes);
    hn::Store(z_x_sum, d, units.z_x + i * kLanes);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace evobrnn::kernels
HWY_AFTER_NAMESPACE();
#endif
