// SPDX-License-Identifier: Apache-2.0
/// A recurrent network with one gate that has weights of its own: the GRU of Cho et al. (2014) without its reset gate
/// (Zhou, Wu, Zhang & Zhou, 2016, the minimal gated unit's family).
///
///     z = σ(W_z r + P_z x + g)
///     r ← (1 − z) r + z φ(W r + P x + b)
#pragma once

#include "core/models/model.hpp"

namespace evobrnn {

class SimpleGru final : public Model {
 public:
  explicit SimpleGru(const ModelContext& context);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  std::optional<RateEquation> rate_equation() const override;
  at::Tensor largest_gate() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  at::Tensor W_z;  ///< [n, n] recurrent weights of the gate
  at::Tensor P_z;  ///< [n, n_in] input weights of the gate
  at::Tensor g;    ///< [n] bias of the gate
};

}  // namespace evobrnn
