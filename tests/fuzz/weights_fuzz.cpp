// SPDX-License-Identifier: Apache-2.0
/// Weights, and checkpoints of trainings under way.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "core/io/safetensors.hpp"
#include "core/io/sha256.hpp"
#include "core/models/network.hpp"
#include "core/prediction.hpp"
#include "core/trial.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

const std::vector<std::string> kHeaderTokens = {"\"dtype\":",
                                                "\"F32\"",
                                                "\"F64\"",
                                                "\"BOOL\"",
                                                "\"shape\":[",
                                                "\"data_offsets\":[",
                                                "[0,0]",
                                                "[0]",
                                                "[[[[[[[[",
                                                "{\"a\":",
                                                "\"__metadata__\":{},",
                                                "-1",
                                                "4611686018427387904",
                                                "1e300",
                                                "null",
                                                " ",
                                                "[]"};

/// The header's length made right, so that damage within it is looked at.
std::string with_header_length(std::string file) {
  constexpr std::size_t kLengthBytes = 8;
  const auto end = file.rfind('}');
  if (end == std::string::npos || end < kLengthBytes) return file;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    file[i] = static_cast<char>((end + 1 - kLengthBytes) >> (8 * i) & 0xff);
  return file;
}

/// Name to dtype, shape and bytes.
std::map<std::string, std::string> contents(const std::vector<NamedTensor>& tensors) {
  std::map<std::string, std::string> all;
  for (const auto& [name, tensor] : tensors) all[name] = write_safetensors({{"x", tensor}});
  return all;
}

TEST(Fuzz, Safetensors) {
  const auto file = write_safetensors({{"a", at::arange(6, at::kFloat).view({2, 3})},
                                       {"scalar", at::ones({}, at::kDouble)},
                                       {"none", at::zeros({0, 4}, at::kLong)},
                                       {"half", at::ones({3}, at::kHalf)},
                                       {"bytes", at::ones({5}, at::kByte)}});
  fuzz({.name = "Safetensors",
        .inputs = {file},
        .tokens = kHeaderTokens,
        .accepts =
            [](const auto& input) {
              std::vector<NamedTensor> tensors;
              if (!accepts<DataError>([&] { tensors = read_safetensors(input); })) return false;
              const auto again = read_safetensors(write_safetensors(tensors));
              require(contents(again) == contents(tensors), "what was read is written as something else");
              return true;
            },
        .repair = with_header_length});
}

TEST(Fuzz, Weights) {
  ModelSettings model;
  model.n = 3;
  Network network(model, {2, 2, at::kFloat, at::kCPU, 1}), other(model, {2, 2, at::kFloat, at::kCPU, 2});
  fuzz({.name = "Weights",
        .inputs = {network.save(), other.save()},
        .tokens = kHeaderTokens,
        .accepts =
            [&](const auto& input) {
              const auto before = network.save();
              const bool loaded = accepts<DataError>([&] { network.load(input); });
              require(loaded || network.save() == before, "weights that were refused are in the network in part");
              return loaded;
            },
        .repair = with_header_length});
}

TEST(Fuzz, PredictionInputs) {
  TrialSpec spec;
  spec.settings.model.n = 3;
  const auto weights = Network(spec.settings.model, {2, 2, at::kFloat, at::kCPU, 1}).save();
  TrainedOn trained;
  trained.shape.steps = 3;
  trained.shape.n_in = trained.shape.n_out = 2;
  const auto x = at::linspace(-1, 1, 12).view({2, 3, 2});
  const testing_support::ScratchFolder folder;
  fuzz({.name = "PredictionInputs",
        .inputs = {write_safetensors({{"x", x}}),
                   write_safetensors({{"x", x.to(at::kDouble)}, {"lengths", at::tensor({1, 3}, at::kLong)}})},
        .tokens = kHeaderTokens,
        .accepts =
            [&](const auto& input) {
              const auto file = folder.write("damaged.safetensors", input);
              return accepts<DataError>([&] { predict(spec, trained, weights, file); });
            },
        .repair = with_header_length});
}

/// A training of some steps.
TrialSpec small_trial() {
  TrialSpec spec;
  auto& settings = spec.settings;
  settings.model.n = 4;
  settings.model.recurrent_noise = 0.1;
  settings.task.train_samples = 8;
  settings.task.validation_samples = 4;
  settings.task.test_samples = 4;
  settings.train.batch = 4;
  settings.train.epochs = 3;
  settings.train.patience = 5;
  settings.train.validate_every = 1;
  spec.seed = 7;
  return spec;
}

const std::string kFirstLine = "evobrnn checkpoint 1\n";
constexpr std::size_t kDigits = 64;

/// The checksum made right, so that damage behind it is looked at.
std::string with_checksum(std::string checkpoint) {
  const auto head = kFirstLine.size() + kDigits + 1;
  if (checkpoint.size() < head) return checkpoint;
  return kFirstLine + sha256(checkpoint.substr(head)) + "\n" + checkpoint.substr(head);
}

/// One whose state is another: what no damage leads to, and yet what a checkpoint may say.
std::string with_state(const std::string& checkpoint, const std::string& state) {
  auto content = nlohmann::json::from_cbor(checkpoint.substr(kFirstLine.size() + kDigits + 1));
  content["state"].merge_patch(nlohmann::json::parse(state));
  std::string body;
  nlohmann::json::to_cbor(content, body);
  return with_checksum(std::string(kFirstLine.size() + kDigits + 1, ' ') + body);
}

TEST(Fuzz, Checkpoint) {
  const auto spec = small_trial();
  TrialHooks hooks;
  hooks.data = make_data_store();
  std::string weights, undisturbed;
  std::vector<std::string> checkpoints;
  hooks.weights = [&](const std::string& bytes) { weights = bytes; };
  hooks.checkpoint_due = [] { return true; };
  hooks.checkpoint = [&](const std::string& bytes) { checkpoints.push_back(bytes); };
  ASSERT_EQ(run_trial(spec, hooks).status, TrialStatus::ok);
  ASSERT_GE(checkpoints.size(), 3U);
  undisturbed = weights;

  hooks.checkpoint_due = {};
  hooks.checkpoint = {};
  bool resumed = false;
  hooks.resumed = [&](std::int64_t) { resumed = true; };
  const auto& given = checkpoints[1];
  fuzz({.name = "Checkpoint",
        .inputs = {checkpoints[0], given, with_state(given, R"({"order": {"position": 8}})")},
        .tokens = {"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", "\x5f\x41",
                   "\x7f\x61", "\x9f", "\x81", "\xa1\x61\x61", "\xff", "\xf6", "\xfb\x7f\xf0", "\xd8\x40",
                   "\x3b\xff\xff\xff\xff"},
        .accepts =
            [&](const auto& input) {
              hooks.resume_from = input;
              resumed = false;
              weights.clear();
              const auto result = run_trial(spec, hooks);
              // Numbers that nobody damaged by chance are as good as others, and may diverge.
              require(result.status == TrialStatus::ok || (resumed && result.status == TrialStatus::diverged),
                      to_text(result.status) + ": " + result.cause);
              require(resumed || weights == undisturbed, "an ignored checkpoint changed the result");
              return resumed;
            },
        .repair = with_checksum});
}

}  // namespace
}  // namespace evobrnn::fuzzing
