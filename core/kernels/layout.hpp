// SPDX-License-Identifier: Apache-2.0
/// Where everything lies in the workspace of a pass. Both directions compute the same places from the same sequence.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/kernels/arguments.hpp"

namespace evobrnn::kernels {

/// Hands out aligned pieces of one stretch of memory; with a null base it only counts.
class Carver {
 public:
  explicit Carver(void* base) : base_(static_cast<char*>(base)) {}

  template <class T>
  T* take(std::size_t count) {
    constexpr std::size_t kAlignment = 128;
    T* piece = base_ ? reinterpret_cast<T*>(base_ + used_) : nullptr;
    used_ += (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return piece;
  }
  std::size_t used() const { return used_; }

 private:
  char* base_;
  std::size_t used_ = 0;
};

/// A quantity that has a value at every step: [places][n][panel], of which `places` may be fewer than steps.
template <class T>
struct History {
  T* first = nullptr;
  std::size_t stride = 0;  ///< of a step
  std::size_t places = 1;

  T* at(std::size_t t) const { return first ? first + t % places * stride : nullptr; }
};

/// What a panel, some samples of the batch side by side, remembers from forward to backward.
template <class T>
struct PanelMemory {
  std::size_t first_sample = 0, samples = 0;
  std::size_t width = 0;  ///< samples and padding
  History<T> x;           ///< [steps][n_in][panel]
  History<T> r;           ///< of step t: before it, and after t − 1
  History<T> s, z;        ///< candidate and gate of the step
  History<T> y_E, y_I;    ///< split, where A is trained
  History<T> u, x_s, q;   ///< plasticity, after the step; q = u ⊙ x_s ⊙ r
};

/// Shared by the panels, which run one after the other.
template <class T>
struct SharedMemory {
  T *weights = nullptr, *weights_back = nullptr;         ///< packed
  T *sums = nullptr, *more = nullptr;                    ///< of a block
  T *scratch = nullptr, *going_on = nullptr;             ///< [n][panel]; [panel]
  T *carry = nullptr, *of_u = nullptr, *of_x = nullptr;  ///< [n][panel]
  T *left_0 = nullptr, *left_1 = nullptr;                ///< [stretch + 1][n][panel] gradients of the drives
  T* unit_sums = nullptr;                                ///< [5 n + 3][lanes]
  T *x_dots_0 = nullptr, *x_dots_1 = nullptr;            ///< [n][n_in] split: Σ e_E x, Σ e_I x
};

/// Steps whose gradients wait for their products with r and x: as many as stay in the second-level cache with r.
template <class T>
std::size_t stretch_of(const Sequence<T>& sequence, std::size_t width) {
  constexpr std::size_t kCache = 1 << 21, kLeast = 4;
  const std::size_t a_step = 3 * sequence.n * width * sizeof(T);
  const std::size_t most = std::max(kLeast, kCache / a_step);
  return std::min(sequence.steps, most);
}

/// Products forward: multiply-adds of a unit in a step.
template <class T>
std::size_t terms_of(const Sequence<T>& sequence) {
  const std::size_t n = sequence.n, n_in = sequence.n_in;
  if (sequence.form.gate == Gate::constant) return n + n_in;
  return sequence.form.gate == Gate::split ? n + 2 * n_in : 2 * (n + n_in);
}

template <class T>
SharedMemory<T> shared_memory(const Sequence<T>& sequence, Carver& carver, std::size_t lanes, std::size_t largest_width,
                              std::size_t largest_block) {
  constexpr std::size_t kOutputs = 4;
  const std::size_t n = sequence.n, state = n * largest_width;
  SharedMemory<T> memory;
  memory.weights = carver.take<T>(n * terms_of(sequence));
  memory.sums = carver.take<T>(kOutputs * largest_block * largest_width);
  memory.scratch = carver.take<T>(state);
  memory.going_on = carver.take<T>(largest_width);
  if (!sequence.keep) return memory;
  const bool dense = sequence.form.gate == Gate::dense, split = sequence.form.gate == Gate::split;
  memory.weights_back = carver.take<T>((dense ? 2 : 1) * n * n);
  memory.carry = carver.take<T>(state);
  const std::size_t stretch = stretch_of(sequence, largest_width);
  memory.left_0 = carver.take<T>((stretch + 1) * state);
  if (dense || split) memory.left_1 = carver.take<T>((stretch + 1) * state);
  memory.unit_sums = carver.take<T>((5 * n + 3) * lanes);
  if (split) {
    memory.x_dots_0 = carver.take<T>(n * sequence.n_in);
    memory.x_dots_1 = carver.take<T>(n * sequence.n_in);
  }
  if (sequence.form.plastic) {
    memory.more = carver.take<T>(largest_block * largest_width);
    memory.of_u = carver.take<T>(state);
    memory.of_x = carver.take<T>(state);
  }
  return memory;
}

/// Without `keep` a history has only the places that the next step reads.
template <class T>
PanelMemory<T> panel_memory(const Sequence<T>& sequence, Carver& carver, std::size_t first_sample, std::size_t samples,
                            std::size_t width) {
  const auto history = [&](std::size_t rows, std::size_t places) {
    return History<T>{carver.take<T>(places * rows * width), rows * width, places};
  };
  const std::size_t n = sequence.n, steps = sequence.steps, kept = sequence.keep ? steps : 1;
  const bool driven = sequence.form.gate != Gate::constant;
  PanelMemory<T> memory;
  memory.first_sample = first_sample;
  memory.samples = samples;
  memory.width = width;
  memory.x = history(sequence.n_in, steps);
  memory.r = history(n, sequence.keep ? steps + 1 : 2);
  memory.s = history(n, kept);
  if (driven) memory.z = history(n, kept);
  if (sequence.form.gate == Gate::split && sequence.keep && sequence.A_trained) {
    memory.y_E = history(n, steps);
    memory.y_I = history(n, steps);
  }
  if (sequence.form.plastic) {
    memory.u = history(n, kept);
    memory.x_s = history(n, kept);
    memory.q = history(n, kept);
  }
  return memory;
}

/// Sums over time and batch of what is no product: lanes apart, added up at the end.
template <class T>
struct UnitSums {
  T *b = nullptr, *g_or_z = nullptr;                ///< [n][lanes]
  T *U = nullptr, *z_u = nullptr, *z_x = nullptr;   ///< [n][lanes] plasticity
  T *dt = nullptr, *A_E = nullptr, *A_I = nullptr;  ///< [lanes]
};

/// The pieces of SharedMemory::unit_sums.
template <class T>
UnitSums<T> unit_sums(T* first, std::size_t n, std::size_t lanes) {
  const auto next = [&first, lanes](std::size_t rows) {
    T* piece = first;
    first += rows * lanes;
    return piece;
  };
  UnitSums<T> sums;
  for (T** piece : {&sums.b, &sums.g_or_z, &sums.U, &sums.z_u, &sums.z_x}) *piece = next(n);
  for (T** piece : {&sums.dt, &sums.A_E, &sums.A_I}) *piece = next(1);
  return sums;
}

}  // namespace evobrnn::kernels
