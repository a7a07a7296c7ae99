// SPDX-License-Identifier: Apache-2.0
/// The gated recurrent unit (Cho et al., 2014, EMNLP, eqs. 5 – 8), in the form, with the names and the gate order
/// (reset, update, new) of LibTorch's torch::nn::GRU, so that weights can be exchanged with it.
///
///     reset  = σ(W_ir x + b_ir + W_hr r + b_hr)
///     update = σ(W_iz x + b_iz + W_hz r + b_hz)
///     new    = tanh(W_in x + b_in + reset ⊙ (W_hn r + b_hn))
///     r ← (1 − update) new + update r
#pragma once

#include "core/models/model.hpp"

namespace evobrnn {

class Gru final : public Model {
 public:
  explicit Gru(const ModelContext& context);
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override;
  at::Tensor recurrent_weights() const override;
  at::Tensor largest_gate() const override;
  static ProductCount products(const ModelSettings& settings, std::int64_t n_in);

 private:
  at::Tensor weight_ih;  ///< [3n, n_in]
  at::Tensor weight_hh;  ///< [3n, n]
  at::Tensor bias_ih;    ///< [3n]
  at::Tensor bias_hh;    ///< [3n]
};

}  // namespace evobrnn
