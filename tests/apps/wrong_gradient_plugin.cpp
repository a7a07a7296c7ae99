// SPDX-License-Identifier: Apache-2.0
/// A plugin whose model computes the right rates and the wrong gradients: the recurrent input is cut off from autograd.
#include <ATen/ATen.h>

#include "core/models/model.hpp"
#include "core/plugin.hpp"

namespace {

class WrongGradient final : public evobrnn::Model {
 public:
  using Model::Model;
  evobrnn::Step unroll(const at::Tensor& x, const at::Tensor& noise) const override {
    const auto drive = input_drive(x, noise);
    return [=, this](const evobrnn::State& before, std::int64_t t) {
      const auto r = activation(drive[t] + at::mm(before.r.detach(), W.t()));
      return evobrnn::State{r, at::ones_like(r), {}, {}};
    };
  }
};

void add() {
  evobrnn::ModelEntry entry;
  entry.about.name = "wrong_gradient";
  entry.about.equation = "r ← φ(W r + P x + b)";
  entry.about.doc = "Its gradient stops at the last step.";
  entry.about.settings = {"model.activation", "model.dale"};
  entry.make = [](const evobrnn::ModelContext& context) { return std::make_unique<WrongGradient>(context); };
  entry.products = [](const evobrnn::ModelSettings& settings, std::int64_t n_in) {
    const auto n = static_cast<double>(settings.n);
    return evobrnn::ProductCount{n * n, n * static_cast<double>(n_in)};
  };
  evobrnn::add_model(entry);
}

}  // namespace

EVOBRNN_PLUGIN(add)
