// SPDX-License-Identifier: Apache-2.0
/// Begin and end of the backward direction: what is not repeated at every step.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/kernels/layout.hpp"

namespace evobrnn::kernels {

/// Every sum starts at zero.
template <class T>
void start_gradients(const Sequence<T>& sequence, const SharedMemory<T>& shared, std::size_t lanes,
                     const Quantities<T*>& gradients) {
  const std::size_t n = sequence.n, n_in = sequence.n_in;
  std::fill_n(shared.unit_sums, (5 * n + 3) * lanes, T(0));
  std::fill_n(gradients.W, n * n, T(0));
  std::fill_n(gradients.P, n * n_in, T(0));
  if (sequence.form.gate == Gate::split) {
    std::fill_n(shared.x_dots_0, n * n_in, T(0));
    std::fill_n(shared.x_dots_1, n * n_in, T(0));
  }
  if (sequence.form.gate == Gate::dense) {
    std::fill_n(gradients.G, n * n, T(0));
    std::fill_n(gradients.Q, n * n_in, T(0));
  }
}

/// Σ e_E x and Σ e_I x hold those of both drives: e_E = δs + A_E δz, e_I = A_I δz − δs, where δs and δz are the
/// gradients of the drive and of the gate's drive. W was summed in magnitude.
template <class T>
void finish_split(const Sequence<T>& sequence, const SharedMemory<T>& shared, const Quantities<T*>& gradients) {
  const std::size_t n = sequence.n, n_in = sequence.n_in;
  const T A_E = *sequence.values.A_E, A_I = *sequence.values.A_I;
  for (std::size_t k = 0; k < n * n_in; ++k) {
    const T of_gate = (shared.x_dots_0[k] + shared.x_dots_1[k]) / (A_E + A_I);
    const T p = sequence.values.P[k];
    const T sign = p > 0 ? T(1) : p < 0 ? T(-1) : T(0);
    gradients.P[k] = shared.x_dots_0[k] - A_E * of_gate + sign * of_gate;
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = sequence.form.n_excitatory; j < n; ++j) gradients.W[i * n + j] = -gradients.W[i * n + j];
  }
}

/// Adds up the lanes, and turns sums into gradients.
template <class T>
void finish_gradients(const Sequence<T>& sequence, const SharedMemory<T>& shared, std::size_t lanes,
                      const Quantities<T*>& gradients) {
  const auto units = unit_sums(shared.unit_sums, sequence.n, lanes);
  const auto total = [lanes](const T* sums) {
    T sum = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) sum += sums[lane];
    return sum;
  };
  const auto reduce = [&](const T* sums, T* out) {
    if (!out) return;
    for (std::size_t i = 0; i < sequence.n; ++i) out[i] = total(sums + i * lanes);
  };
  const bool driven = sequence.form.gate != Gate::constant;
  reduce(units.b, gradients.b);
  reduce(units.g_or_z, driven ? gradients.g : gradients.z);
  if (sequence.form.plastic) {
    reduce(units.U, gradients.U);
    reduce(units.z_u, gradients.z_u);
    reduce(units.z_x, gradients.z_x);
  }
  if (driven && gradients.dt) *gradients.dt = total(units.dt) / *sequence.values.dt;
  if (sequence.form.gate != Gate::split) return;
  finish_split(sequence, shared, gradients);
  if (gradients.A_E) *gradients.A_E = total(units.A_E);
  if (gradients.A_I) *gradients.A_I = total(units.A_I);
}

}  // namespace evobrnn::kernels
