// SPDX-License-Identifier: Apache-2.0
/// Trials: as JSON, and their checkpoints.
#include <gtest/gtest.h>

#include "core/io/sha256.hpp"
#include "core/trial.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace evobrnn {
namespace {

const std::vector<std::string> kJson = {
    "{", "}", "[", "]", "\"seed\":", "null", "true", "1e999", "\"\\u0000\"", "[[[[[[[["};

/// Three units that see 32 digits.
TrialSpec tiny() {
  TrialSpec spec;
  spec.settings.model.n = 3;
  spec.settings.task.train_samples = 64;
  spec.settings.task.validation_samples = spec.settings.task.test_samples = 20;
  spec.settings.train.samples = 32;
  spec.settings.train.batch = 8;
  return spec;
}

TEST(FuzzTrial, TrialSpec) {
  fuzzing::fuzz({"TrialSpec", {to_json(tiny())}, kJson, [](const std::string& input) {
                   return fuzzing::accepts<SettingsError>([&] {
                     const auto text = to_json(trial_spec_from_json(input));
                     fuzzing::require(to_json(trial_spec_from_json(text)) == text, "does not read back: " + text);
                   });
                 }});
}

TEST(FuzzTrial, TrialResult) {
  TrialResult result;
  result.status = TrialStatus::ok;
  result.score = 0.5;
  result.metrics = {{"dt", 0.25}, {"odd", std::numeric_limits<double>::infinity()}};
  result.curve = {{1, 8, 0.5, 0.25, 0.125}};
  fuzzing::fuzz({"TrialResult", {to_json(result)}, kJson, [](const std::string& input) {
                   return fuzzing::accepts<std::invalid_argument>([&] {
                     const auto text = to_json(trial_result_from_json(input));
                     fuzzing::require(to_json(trial_result_from_json(text)) == text, "does not read back: " + text);
                   });
                 }});
}

/// Whatever a checkpoint holds, the trial trains: on from it, or from the start.
TEST(FuzzTrial, Checkpoint) {
  const auto data = make_data_store();
  const auto spec = tiny();
  std::string checkpoint;
  TrialHooks hooks;
  hooks.data = data;
  hooks.checkpoint_due = [&] { return checkpoint.empty(); };
  hooks.checkpoint = [&](const std::string& bytes) { checkpoint = bytes; };
  ASSERT_EQ(run_trial(spec, hooks).status, TrialStatus::ok);
  const auto accepts = [&](const std::string& input) {
    TrialHooks again;
    again.data = data;
    again.resume_from = input;
    const auto status = run_trial(spec, again).status;
    fuzzing::require(status == TrialStatus::ok || status == TrialStatus::diverged, "ended as " + to_text(status));
    return true;
  };
  const std::string first_line = "evobrnn checkpoint 1\n";
  const auto head = first_line.size() + 64 + 1;
  const auto repair = [&](const std::string& damaged) {
    const auto body = damaged.size() > head ? damaged.substr(head) : damaged;
    return first_line + sha256(body) + "\n" + body;
  };
  fuzzing::fuzz(
      {"Checkpoint",
       {checkpoint},
       {"state", "steps", std::string("\xbf", 1), std::string("\x9f", 1), std::string("\xfb\x7f\xf8\0\0\0\0\0\0", 9)},
       accepts,
       repair,
       false});
}

}  // namespace
}  // namespace evobrnn
