// SPDX-License-Identifier: Apache-2.0
/// What the spectrum of a network's recurrent weights, and its gates, say about how activity and gradients grow or die.
#pragma once

#include <map>
#include <string>

#include "core/models/network.hpp"

namespace evobrnn {

struct SpectralHealth {
  /// Largest modulus of W's eigenvalues: far above 1 activity tends to chaos, far below it forgets.
  double spectral_radius = 0;
  /// Modulus of the eigenvalue furthest out, over the radius √(Σ_j var_i W[i, j]) of the disc that random columns of
  /// these variances fill (Rajan & Abbott, 2006, Phys Rev Lett 97: 188104): clearly above 1 it is an outlier, as
  /// unbalanced excitation makes one. 0 for weights of no variance.
  double outlier_eigenvalue = 0;
  /// −Σ p ln p / ln n with p the singular values over their sum: 1 where all directions are passed on alike, 0 where W
  /// has rank one. 1 for n = 1.
  double spectral_entropy = 0;
  /// Share of the gates, over units, the sequences' steps and samples of `x`, below 5 % or above 95 % of the largest
  /// value that they can take; NaN for a model whose gates are constant.
  double saturated_gates = 0;
};

/// x: [steps, batch, n_in], what the gates are measured on.
SpectralHealth examine_spectrum(const Network& network, const at::Tensor& x, const PassOptions& options);

/// As metrics, each name after `prefix`; what is not a finite number is left out.
std::map<std::string, double> to_metrics(const SpectralHealth& health, const std::string& prefix);

}  // namespace evobrnn
