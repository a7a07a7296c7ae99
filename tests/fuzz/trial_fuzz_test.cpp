// SPDX-License-Identifier: Apache-2.0
/// A trial's specification, its result, and the checkpoints of its training.
#include <gtest/gtest.h>

#include <limits>

#include "core/io/sha256.hpp"
#include "core/trial.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace evobrnn::fuzzing {
namespace {

TrialSpec tiny() {
  TrialSpec spec;
  spec.settings.model.n = 4;
  spec.settings.task.train_samples = 20;
  spec.settings.task.validation_samples = 10;
  spec.settings.task.test_samples = 10;
  spec.settings.train.batch = 8;
  spec.settings.train.epochs = 2;
  spec.settings.train.patience = 5;
  spec.seed = 7;
  return spec;
}

std::vector<std::string> json_tokens() {
  return {"[",
          "]",
          "{",
          "}",
          ",",
          ":",
          "\"",
          "null",
          "true",
          "-1",
          "1e999",
          "1e-400",
          "18446744073709551616",
          "0.",
          "\\u0000",
          "\\ud800",
          "\xff",
          "[[",
          "{\"a\":",
          "\"nan\"",
          "\"inf\"",
          "/*",
          " "};
}

TEST(Fuzz, TrialSpec) {
  auto tokens = json_tokens();
  for (const auto& row : trial_settings_table()) {
    tokens.push_back("\"" + row.setting.path.substr(row.setting.path.find('.') + 1) + "\":");
    for (const auto& choice : row.setting.choices) tokens.push_back("\"" + choice + "\"");
  }
  fuzz({.name = "TrialSpec",
        .inputs = {to_json(tiny()), R"({"settings":{"model":{"n":4,"trained":["A"]}},"seed":1,"test":true})"},
        .tokens = tokens,
        .accepts =
            [](const std::string& input) {
              return accepts<SettingsError>([&] {
                const auto text = to_json(trial_spec_from_json(input));
                require(to_json(trial_spec_from_json(text)) == text, "reads back as another specification");
              });
            },
        .longest = 1 << 15,
        .at_least = 2000});
}

TEST(Fuzz, TrialResult) {
  TrialResult result;
  result.status = TrialStatus::diverged;
  result.cause = "loss is inf";
  result.metrics = {{"dt", 0.5}, {"loss", std::numeric_limits<double>::infinity()}};
  result.curve = {{1, 32, 2.5, std::numeric_limits<double>::quiet_NaN(), 0.1}, {2, 64, 1.5, 1.25, 0.2}};
  fuzz({.name = "TrialResult",
        .inputs = {to_json(result), to_json(ended_as(TrialStatus::ok, ""))},
        .tokens = json_tokens(),
        .accepts =
            [](const std::string& input) {
              return accepts<std::invalid_argument>([&] {
                const auto text = to_json(trial_result_from_json(input));
                require(to_json(trial_result_from_json(text)) == text, "reads back as another result");
              });
            },
        .at_least = 2000});
}

/// One training from a checkpoint.
struct Training {
  TrialResult result;
  std::string weights, checkpoint;
  bool resumed = false;
};

Training train_from(const std::string& checkpoint) {
  static const auto data = make_data_store();
  Training training;
  TrialHooks hooks;
  hooks.data = data;
  hooks.weights = [&](const std::string& bytes) { training.weights = bytes; };
  hooks.checkpoint_due = [] { return true; };
  hooks.checkpoint = [&](const std::string& bytes) {
    if (training.checkpoint.empty()) training.checkpoint = bytes;
  };
  hooks.resume_from = checkpoint;
  hooks.resumed = [&](std::int64_t) { training.resumed = true; };
  training.result = run_trial(tiny(), hooks);
  return training;
}

/// With the checksum of what it holds.
std::string with_checksum(std::string checkpoint) {
  constexpr std::size_t kDigits = 64;
  const auto first = checkpoint.find('\n') + 1;
  if (first == 0 || checkpoint.size() < first + kDigits + 1) return checkpoint;
  checkpoint.replace(first, kDigits, sha256(checkpoint.substr(first + kDigits + 1)));
  return checkpoint;
}

TEST(Fuzz, Checkpoint) {
  const auto whole = train_from("");
  ASSERT_EQ(whole.result.status, TrialStatus::ok) << whole.result.cause;
  const auto go_on = [&](const std::string& input) {
    const auto training = train_from(input);
    if (!training.resumed || training.result.status == TrialStatus::ok) {
      require(training.result.status == TrialStatus::ok, "spoiled the training: " + training.result.cause);
    } else {  // what fits in shape may still hold numbers that no training comes to
      require(training.result.status == TrialStatus::diverged, "spoiled the training: " + training.result.cause);
    }
    if (!training.resumed) require(training.weights == whole.weights, "was ignored, and yet changed the weights");
    return training.resumed;
  };
  fuzz({.name = "Checkpoint",
        .inputs = {whole.checkpoint},
        .tokens = {std::string("\x81", 1), std::string("\x9f", 1), std::string("\xbf", 1), std::string("\xff", 1),
                   std::string("\xfb\x7f\xf0\0\0\0\0\0\0", 9), std::string("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", 9),
                   std::string("\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 9), std::string("\x5b\0\0\0\1\0\0\0\0", 9),
                   std::string("\xf6", 1), "estepS"},
        .accepts = go_on,
        .repair = with_checksum,
        .at_least = 200});
}

}  // namespace
}  // namespace evobrnn::fuzzing
