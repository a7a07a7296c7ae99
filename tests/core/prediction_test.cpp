// SPDX-License-Identifier: Apache-2.0
#include "core/prediction.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/io/safetensors.hpp"
#include "core/models/network.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kSteps = 5, kBatch = 3, kIn = 4, kOut = 2;

struct Trained {
  TrialSpec spec;
  std::string weights;
};

Trained trained() {
  Trained result;
  result.spec.settings.model.n = 6;
  const Network network(result.spec.settings.model, {kIn, kOut, at::kFloat, at::kCPU, 7});
  result.weights = network.save();
  return result;
}

at::Tensor inputs() { return at::linspace(-1, 1, kSteps * kBatch * kIn).view({kSteps, kBatch, kIn}); }

at::Tensor named(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return tensor;
  }
  return {};
}

/// What it says of these inputs; empty: nothing.
std::string refusal(const std::vector<NamedTensor>& given) {
  const auto [spec, weights] = trained();
  try {
    predict(spec, weights, write_safetensors(given));
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST(Prediction, GivesTheNetworksOutputs) {
  const auto [spec, weights] = trained();
  const Network network(spec.settings.model, {kIn, kOut, at::kFloat, at::kCPU, 7});
  const auto told = read_safetensors(predict(spec, weights, write_safetensors({{"x", inputs()}})));
  PassOptions each;
  each.every_step = each.keep_rates = true;
  const auto pass = network.run(inputs(), each);
  EXPECT_TRUE(named(told, "outputs").equal(network.run(inputs()).outputs));
  EXPECT_TRUE(named(told, "outputs_every_step").equal(pass.outputs));
  EXPECT_TRUE(named(told, "rates").equal(pass.rates));
}

TEST(Prediction, ReadsEachSequencesLastStep) {
  const auto [spec, weights] = trained();
  const auto lengths = at::tensor({1, 5, 3}, at::kLong);
  const auto told =
      read_safetensors(predict(spec, weights, write_safetensors({{"x", inputs()}, {"lengths", lengths}})));
  const auto outputs = named(told, "outputs"), each = named(told, "outputs_every_step");
  EXPECT_TRUE(outputs[0].allclose(each[0][0]));
  EXPECT_TRUE(outputs[1].allclose(each[4][1]));
  EXPECT_TRUE(outputs[2].allclose(each[2][2]));
}

TEST(Prediction, TellsInputsThatDoNotFit) {
  EXPECT_EQ(refusal({{"x", inputs()}}), "");
  EXPECT_EQ(refusal({{"y", inputs()}}), "the inputs hold no x");
  EXPECT_EQ(refusal({{"x", at::zeros({5, 3, 9})}}), "x has 9 values a step; the network takes 4");
  EXPECT_NE(refusal({{"x", at::zeros({5, 4})}}).find("[steps, batch, n_in]"), std::string::npos);
  EXPECT_NE(refusal({{"x", at::zeros({0, 3, 4})}}).find("at least one step"), std::string::npos);
  EXPECT_NE(refusal({{"x", inputs()}, {"lengths", at::tensor({0, 5, 3}, at::kLong)}}).find("from 1 to"),
            std::string::npos);
  EXPECT_NE(refusal({{"x", inputs()}, {"lengths", at::tensor({5, 3}, at::kLong)}}).find("one integer a sequence"),
            std::string::npos);
}

}  // namespace evobrnn
