// SPDX-License-Identifier: Apache-2.0
/// Weights in the order in which the products read them.
#pragma once

#include <cmath>
#include <cstddef>

#include "core/kernels/arguments.hpp"
#include "core/kernels/blocks.hpp"

namespace evobrnn::kernels {

template <class T>
T same(T w) {
  return w;
}
template <class T>
T negative(T w) {
  return -w;
}
template <class T>
T magnitude(T w) {
  return std::abs(w);
}

/// Columns first … last − 1 of a block of rows of `matrix` ([…, width]): out[column][row]. Returns the end of `out`.
template <class T>
T* pack_rows(const T* matrix, std::size_t width, std::size_t begin, std::size_t rows, std::size_t first,
             std::size_t last, T (*change)(T), T* out) {
  for (std::size_t k = first; k < last; ++k) {
    for (std::size_t m = 0; m < rows; ++m) *out++ = change(matrix[(begin + m) * width + k]);
  }
  return out;
}

/// A block of columns of `matrix` ([rows, width]): out[row][column]. Returns the end of `out`.
template <class T>
T* pack_columns(const T* matrix, std::size_t width, std::size_t begin, std::size_t columns, std::size_t rows,
                T (*change)(T), T* out) {
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t m = 0; m < columns; ++m) *out++ = change(matrix[k * width + begin + m]);
  }
  return out;
}

/// All weights of the forward direction, block by block; in a block in the order of the sums: see forward_step().
template <class T>
void pack_forward(const Sequence<T>& sequence, std::size_t largest_block, T* out) {
  const auto& values = sequence.values;
  const std::size_t n = sequence.n, n_in = sequence.n_in, n_E = sequence.form.n_excitatory;
  const Blocks blocks(n, largest_block);
  for (std::size_t block = 0; block < blocks.count; ++block) {
    const std::size_t i = blocks.begin(block), rows = blocks.size(block);
    if (sequence.form.gate == Gate::split) {
      out = pack_rows(values.W, n, i, rows, 0, n_E, same<T>, out);
      out = pack_rows(values.W, n, i, rows, n_E, n, negative<T>, out);
      out = pack_rows(values.P, n_in, i, rows, 0, n_in, same<T>, out);
      out = pack_rows(values.P, n_in, i, rows, 0, n_in, magnitude<T>, out);
      continue;
    }
    out = pack_rows(values.W, n, i, rows, 0, n, same<T>, out);
    out = pack_rows(values.P, n_in, i, rows, 0, n_in, same<T>, out);
    if (sequence.form.gate == Gate::constant) continue;
    out = pack_rows(values.G, n, i, rows, 0, n, same<T>, out);
    out = pack_rows(values.Q, n_in, i, rows, 0, n_in, same<T>, out);
  }
}

/// All weights of the backward direction: blocks of presynaptic units; for split excitatory ones first.
template <class T>
void pack_backward(const Sequence<T>& sequence, std::size_t largest_block, T* out) {
  const auto& values = sequence.values;
  const std::size_t n = sequence.n;
  const bool split = sequence.form.gate == Gate::split;
  const std::size_t n_E = split ? sequence.form.n_excitatory : n;
  const auto pack = [&](std::size_t first, std::size_t units, T (*change)(T)) {
    const Blocks blocks(units, largest_block);
    for (std::size_t block = 0; block < blocks.count; ++block) {
      const std::size_t j = first + blocks.begin(block), columns = blocks.size(block);
      out = pack_columns(values.W, n, j, columns, n, change, out);
      if (sequence.form.gate == Gate::dense) out = pack_columns(values.G, n, j, columns, n, change, out);
    }
  };
  pack(0, n_E, same<T>);
  pack(n_E, n - n_E, negative<T>);
}

}  // namespace evobrnn::kernels
