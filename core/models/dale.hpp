// SPDX-License-Identifier: Apache-2.0
/// Dale's principle: a unit excites or inhibits, all its outgoing weights have one sign.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// n_E = clamp(round(ρ·n), 1, n − 1), half away from zero.
std::int64_t excitatory_units(double ei_ratio, std::int64_t n);

/// Which units excite and which inhibit, and what that means for weights.
struct Dale {
  /// Reads model.dale, dale_projection, ei_ratio, readout and n; `options`: dtype and device of s.
  Dale(const ModelSettings& settings, at::TensorOptions options);

  /// |W|: s ⊙ W under Dale, so that its gradient at zero is defined; the absolute value without.
  at::Tensor magnitude(const at::Tensor& W) const;
  /// Under Dale makes s[j]·W[i, j] ≥ 0 again, by W ← s ⊙ |W| (abs) or W ← s ⊙ max(s ⊙ W, 0) (relu).
  void project(at::Tensor& W) const;
  /// Units that are read out: the excitatory ones under Dale, unless the settings say all, or as_coded: the source's
  /// mask of excitatory units is all ones.
  std::int64_t read_units() const { return read_; }

  bool on;                    ///< whether Dale's principle holds
  bool relu;                  ///< projection: relu, else abs
  std::int64_t n;             ///< units
  std::int64_t n_excitatory;  ///< units 0 … n_excitatory − 1 are excitatory; n without Dale
  at::Tensor s;               ///< [n] +1 for an excitatory unit, −1 for an inhibitory one

 private:
  std::int64_t read_;
};

}  // namespace evobrnn
