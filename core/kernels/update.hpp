// SPDX-License-Identifier: Apache-2.0
/// Optimiser updates over flat buffers on the CPU, each in one pass. T is float or double.
#pragma once

#include <cstddef>

namespace evobrnn::kernels {

/// Σ g², after g ← g · mask where `mask` is not null.
template <class T>
double masked_square_sum(T* gradients, const T* mask, std::size_t count);

struct AdamConstants {
  double beta1 = 0, beta2 = 0, epsilon = 0;
  double rate = 0;        ///< learning rate over the correction of the first moment's bias
  double root_bias2 = 0;  ///< square root of the correction of the second moment's bias
  double scale = 1;       ///< of the gradient: clipping
};

/// One step of Adam (Kingma & Ba, 2015, algorithm 1); the gradient is zero afterwards.
template <class T>
void adam(const AdamConstants& constants, T* values, T* gradients, T* first, T* second, std::size_t count);

/// One step of sgd with momentum, v ← μ v + scale·g, θ ← θ − rate·v; the gradient is zero afterwards.
template <class T>
void momentum(double mu, double rate, double scale, T* values, T* gradients, T* first, std::size_t count);

}  // namespace evobrnn::kernels
