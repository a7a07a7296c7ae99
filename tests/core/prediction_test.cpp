// SPDX-License-Identifier: Apache-2.0
#include "core/prediction.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/io/safetensors.hpp"
#include "core/models/network.hpp"
#include "tests/scratch_folder.hpp"

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

at::Tensor inputs() { return at::linspace(-1, 1, kSteps * kBatch * kIn).view({kBatch, kSteps, kIn}); }

TrainedOn trained_on() {
  TrainedOn trained;
  trained.shape.steps = kSteps;
  trained.shape.n_in = kIn;
  trained.shape.n_out = kOut;
  return trained;
}

at::Tensor named(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return tensor;
  }
  return {};
}

Prediction predicted(const std::vector<NamedTensor>& given, const TrainedOn& on = trained_on(),
                     bool any_steps = false) {
  const testing_support::ScratchFolder folder;
  const auto [spec, weights] = trained();
  return predict(spec, on, weights, folder.write("x.safetensors", write_safetensors(given)), any_steps);
}

/// What it says of these inputs; empty: nothing.
std::string refusal(const std::vector<NamedTensor>& given, const TrainedOn& on = trained_on()) {
  try {
    predicted(given, on);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST(Prediction, GivesTheNetworksOutputsWithSamplesFirst) {
  const auto spec = trained().spec;
  const Network network(spec.settings.model, {kIn, kOut, at::kFloat, at::kCPU, 7});
  const auto told = read_safetensors(predicted({{"x", inputs()}}).safetensors);
  PassOptions each;
  each.every_step = each.keep_rates = true;
  const auto time_major = inputs().transpose(0, 1).contiguous();
  const auto pass = network.run(time_major, each);
  EXPECT_TRUE(named(told, "outputs").equal(network.run(time_major).outputs));
  EXPECT_TRUE(named(told, "outputs_every_step").equal(pass.outputs.transpose(0, 1)));
  EXPECT_TRUE(named(told, "rates").equal(pass.rates.transpose(0, 1)));
  EXPECT_EQ(named(told, "outputs_every_step").sizes(), (std::vector<std::int64_t>{kBatch, kSteps, kOut}));
}

TEST(Prediction, ReadsEachSequencesLastStepAndIgnoresWhatIsBehindIt) {
  const auto lengths = at::tensor({1, 5, 3}, at::kLong);
  auto x = inputs().clone();
  x[0][2][1] = std::nan("");
  const auto told = read_safetensors(predicted({{"x", x}, {"lengths", lengths}}).safetensors);
  const auto outputs = named(told, "outputs"), each = named(told, "outputs_every_step");
  EXPECT_TRUE(outputs[0].allclose(each[0][0]));
  EXPECT_TRUE(outputs[1].allclose(each[1][4]));
  EXPECT_TRUE(outputs[2].allclose(each[2][2]));
}

TEST(Prediction, NamesClasses) {
  auto on = trained_on();
  on.labels = {"walk \"up\"", "läuft"};
  const auto prediction = predicted({{"x", inputs()}}, on);
  const auto told = read_safetensors(prediction.safetensors);
  EXPECT_TRUE(named(told, "class").equal(named(told, "outputs").argmax(1)));
  EXPECT_EQ(prediction.of_class.size(), 2U);
  EXPECT_EQ(prediction.of_class[0] + prediction.of_class[1], kBatch);
  const auto length = static_cast<unsigned char>(prediction.safetensors[0]) +
                      256UL * static_cast<unsigned char>(prediction.safetensors[1]);
  const auto header = nlohmann::json::parse(prediction.safetensors.substr(8, length));
  EXPECT_EQ(nlohmann::json::parse(header.at("__metadata__").at("classes").get<std::string>()),
            nlohmann::json(on.labels));
  on.shape.score = ScoreKind::mse;
  EXPECT_FALSE(named(read_safetensors(predicted({{"x", inputs()}}, on).safetensors), "class").defined());
  on.shape.score = ScoreKind::accuracy;
  on.shape.every_step = true;
  const auto each = read_safetensors(predicted({{"x", inputs()}}, on).safetensors);
  EXPECT_TRUE(named(each, "class_every_step").equal(named(each, "outputs_every_step").argmax(2)));
}

TEST(Prediction, TellsInputsThatDoNotFit) {
  using ::testing::HasSubstr;
  EXPECT_EQ(refusal({{"x", inputs()}}), "");
  EXPECT_EQ(refusal({{"x", inputs()}, {"y", at::zeros({kBatch}, at::kLong)}}), "") << "a file that was trained on";
  EXPECT_EQ(refusal({{"x", inputs().mul(100).to(at::kInt)}}), "");
  EXPECT_THAT(refusal({{"y", inputs()}}), HasSubstr("x.safetensors: has no x [samples, steps, features]"));
  EXPECT_THAT(refusal({{"x", at::zeros({3, 5, 9})}}), HasSubstr("x is [3, 5, 9]"));
  EXPECT_THAT(refusal({{"x", at::zeros({3, 5, 9})}}), HasSubstr("the network takes 4 features"));
  EXPECT_THAT(refusal({{"x", inputs().transpose(0, 1).contiguous()}}), HasSubstr("was trained on 5 steps"));
  EXPECT_THAT(refusal({{"x", at::zeros({5, 4})}}), HasSubstr("must be [samples, steps, features]"));
  EXPECT_THAT(refusal({{"x", at::zeros({3, 0, 4})}}), HasSubstr("holds nothing"));
  auto x = inputs().clone();
  x[2][1][3] = std::nan("");
  EXPECT_THAT(refusal({{"x", x}}), HasSubstr("x[2, 1, 3] is NaN or infinite"));
  x[2][1][3] = -INFINITY;
  EXPECT_THAT(refusal({{"x", x}}), HasSubstr("x[2, 1, 3] is NaN or infinite"));
  EXPECT_THAT(refusal({{"x", inputs()}, {"lengths", at::tensor({0, 5, 3}, at::kLong)}}),
              HasSubstr("lengths[0] = 0: must be from 1 to 5"));
  EXPECT_THAT(refusal({{"x", inputs()}, {"lengths", at::tensor({5, 3}, at::kLong)}}), HasSubstr("one a sample"));
  auto other = trained_on();
  other.shape.n_in = 3;
  EXPECT_THAT(refusal({{"x", inputs()}}, other), HasSubstr("config.json says 3 and 2"));
}

TEST(Prediction, OtherNumbersOfStepsAreAskedFor) {
  const auto longer = at::zeros({2, 3 * kSteps, kIn});
  EXPECT_EQ(predicted({{"x", longer}}, trained_on(), true).steps, 3 * kSteps);
  auto unequal = trained_on();
  unequal.shape.lengths = true;
  EXPECT_EQ(predicted({{"x", longer}}, unequal).steps, 3 * kSteps);
}

}  // namespace evobrnn
