// SPDX-License-Identifier: Apache-2.0
/// What a pass of the fast path reads and writes, as plain numbers and pointers: no tensors. T is float or double.
///
/// Every covered model is one of these forms (docs/PERFORMANCE.md):
///
///     r ← (1 − z) r + z φ(W q + P x + b + noise)      q = r, or u ⊙ x_s ⊙ r with short-term plasticity
///     constant:  z = z_i, one value a unit
///     dense:     z = dt σ(G r + Q x + g)
///     split:     z = dt σ(A_E y_E + A_I y_I + |P| x + g),  y_E = |W|[:, E] r[E],  y_I = |W|[:, I] r[I],  under Dale
#pragma once

#include <cstddef>
#include <cstdint>

namespace [[gnu::visibility("default")]] evobrnn {
namespace kernels {

enum class Gate { constant, dense, split };

/// Which of the forms a model is.
struct Form {
  Gate gate = Gate::constant;
  bool plastic = false;          ///< short-term plasticity; not with split
  bool tanh = false;             ///< φ is tanh, else the logistic sigmoid
  std::size_t n_excitatory = 0;  ///< split: units 0 … n_excitatory − 1 have W ≥ 0, the others W ≤ 0
  double delta = 0;              ///< plasticity: δ
};

/// The quantities of the equation, or their gradients, by name. `Of` is a tensor or a pointer.
template <class Of>
struct Quantities {
  Of W{};                ///< [n, n] recurrent weights of the candidate, signed
  Of P{};                ///< [n, n_in] input weights of the candidate
  Of b{};                ///< [n] bias of the candidate
  Of z{};                ///< [n] constant gate
  Of G{};                ///< [n, n] recurrent weights of a dense gate
  Of Q{};                ///< [n, n_in] input weights of a dense gate
  Of g{};                ///< [n] bias of a dense or split gate
  Of dt{};               ///< scalar, of a dense or split gate
  Of A_E{}, A_I{};       ///< scalars of a split gate
  Of U{}, z_u{}, z_x{};  ///< [n] plasticity
};

/// One pass over a batch of sequences.
template <class T>
struct Sequence {
  Form form;
  std::size_t steps = 0, batch = 0, n = 0, n_in = 0;
  Quantities<const T*> values;
  const T* x = nullptr;                 ///< [steps, batch, n_in]
  const T* noise = nullptr;             ///< [steps, batch, n] added inside φ; null: none
  const std::int64_t* reset = nullptr;  ///< [batch] step before which the state returns to its start; ≤ 0: never
  bool keep = false;                    ///< backward() follows: keep what it needs
  bool A_trained = false;               ///< backward() is asked for A_E or A_I
};

/// What forward() writes; null: not wanted.
template <class T>
struct Rates {
  T* last = nullptr;  ///< [batch, n] after the last step
  T* all = nullptr;   ///< [steps, batch, n]
};

/// What backward() reads; null: zero.
template <class T>
struct RateGradients {
  const T* last = nullptr;  ///< [batch, n]
  const T* all = nullptr;   ///< [steps, batch, n]
};

/// Bytes of memory that both directions of a pass work in. backward() needs it as forward() left it.
template <class T>
std::size_t workspace_bytes(const Sequence<T>& sequence);

/// Runs the sequence. `workspace`: aligned to 128 bytes; what it holds does not matter.
template <class T>
void forward(const Sequence<T>& sequence, void* workspace, const Rates<T>& rates);

/// Writes the gradient of every quantity whose pointer is not null.
template <class T>
void backward(const Sequence<T>& sequence, void* workspace, const RateGradients<T>& of_rates,
              const Quantities<T*>& gradients);

}  // namespace kernels
}  // namespace evobrnn
