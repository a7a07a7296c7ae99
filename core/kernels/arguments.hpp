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

/// How the gate z depends on the state: see the equations above.
enum class Gate {
  constant,  ///< one value a unit
  dense,     ///< weights of its own
  split      ///< the candidate's weights, by the sign of the presynaptic unit
};

/// Which of the forms a model is.
struct Form {
  Gate gate = Gate::constant;    ///< which of the equations of z
  bool plastic = false;          ///< short-term plasticity; not with split
  bool tanh = false;             ///< φ is tanh, else the logistic sigmoid
  std::size_t n_excitatory = 0;  ///< split: units 0 … n_excitatory − 1 have W ≥ 0, the others W ≤ 0
  double delta = 0;              ///< plasticity: δ
};

/// The quantities of the equation, or their gradients, by name. `Of` is a tensor or a pointer.
template <class Of>
struct Quantities {
  Of W{};    ///< [n, n] recurrent weights of the candidate, signed
  Of P{};    ///< [n, n_in] input weights of the candidate
  Of b{};    ///< [n] bias of the candidate
  Of z{};    ///< [n] constant gate
  Of G{};    ///< [n, n] recurrent weights of a dense gate
  Of Q{};    ///< [n, n_in] input weights of a dense gate
  Of g{};    ///< [n] bias of a dense or split gate
  Of dt{};   ///< scalar, of a dense or split gate
  Of A_E{};  ///< scalar of a split gate: conductance scale of excitatory units
  Of A_I{};  ///< scalar of a split gate: conductance scale of inhibitory units
  Of U{};    ///< [n] plasticity: baseline of the utilisation u
  Of z_u{};  ///< [n] plasticity: share of u that a step replaces
  Of z_x{};  ///< [n] plasticity: share of the resources x_s that a step restores
};

/// One pass over a batch of sequences.
template <class T>
struct Sequence {
  Form form;                            ///< which equation
  std::size_t steps = 0;                ///< of the sequences
  std::size_t batch = 0;                ///< sequences
  std::size_t n = 0;                    ///< units
  std::size_t n_in = 0;                 ///< inputs a step
  Quantities<const T*> values;          ///< the quantities of the equation; null: the form has none
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
