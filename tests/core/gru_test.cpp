// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <torch/nn/modules/rnn.h>

#include "core/models/network.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

TEST(Gru, EqualsTheOneOfLibTorchWithSharedWeights) {
  for (const auto n : {1, 5, 33, 100}) {
    constexpr std::int64_t kInputs = 4, kOutputs = 3;
    ModelSettings settings;
    settings.name = "gru";
    settings.n = n;
    settings.gain = 1;  // theirs too; larger ones make it chaotic, and rounding errors grow
    const Network network(settings, {kInputs, kOutputs, at::kFloat, at::kCPU, 9});
    torch::nn::GRU theirs(torch::nn::GRUOptions(kInputs, n));
    {
      torch::NoGradGuard no_grad;
      for (auto& item : theirs->named_parameters()) item.value().copy_(network.parameters().at(item.key()));
    }
    const auto x = at::randn({20, 6, kInputs}, make_generator(2), at::TensorOptions());
    PassOptions options;
    options.keep_rates = true;
    const auto rates = network.run(x, options).rates, expected = std::get<0>(theirs->forward(x));
    EXPECT_LT((rates - expected).abs().max().item<float>(), 1e-6);

    const auto weights = at::randn(rates.sizes(), make_generator(3), at::TensorOptions());
    (rates * weights).sum().backward();
    (expected * weights).sum().backward();
    for (auto& item : theirs->named_parameters()) {
      const auto &gradient = item.value().grad(), mine = network.parameters().at(item.key()).grad();
      EXPECT_LT((mine - gradient).abs().max().item<float>(), 1e-6 * std::max(1.0f, gradient.abs().max().item<float>()))
          << item.key();
    }
  }
}

}  // namespace
}  // namespace evobrnn
