// SPDX-License-Identifier: Apache-2.0
/// The linear read-out y = V r + v with its loss, forward and backward in one pass, as plain numbers and pointers. A
/// row is one sample after one step. T is float or double.
#pragma once

#include <cstddef>
#include <cstdint>

namespace evobrnn::kernels {

template <class T>
struct Readout {
  std::size_t rows = 0, n = 0, n_out = 0;
  std::size_t read = 0;      ///< the first units of n, which V sees
  const T* rates = nullptr;  ///< [rows, n]
  const T* V = nullptr;      ///< [n_out, read]
  const T* v = nullptr;      ///< [n_out]
};

/// What the outputs are compared with: classes by their cross-entropy, values by their squared error, mean over n_out.
template <class T>
struct Targets {
  const std::int64_t* classes = nullptr;  ///< [rows], or
  const T* values = nullptr;              ///< [rows, n_out]
  const T* weights = nullptr;             ///< [rows] ≥ 0; null: 1 each
};

template <class T>
struct ReadoutGradients {
  T* rates = nullptr;            ///< [rows, n] written
  T *V = nullptr, *v = nullptr;  ///< added to
};

/// The mean of the rows' losses by their weights, and its gradients; 0 where all weights are.
/// `outputs`: [n_out rounded up to a multiple of 64] to work in, aligned to 128 bytes.
template <class T>
double readout_loss(const Readout<T>& readout, const Targets<T>& targets, T* outputs,
                    const ReadoutGradients<T>& gradients);

}  // namespace evobrnn::kernels
