// SPDX-License-Identifier: Apache-2.0
/// What a trial is predicted to hold in memory, against what it held.
#include <gtest/gtest.h>

#include "core/models/model.hpp"
#include "core/tasks/task.hpp"
#include "core/trial.hpp"
#include "tests/core/task_support.hpp"

namespace evobrnn {
namespace {

/// A training of two steps with one validation.
TrialSettings short_training(const std::string& model, const std::string& task) {
  TrialSettings settings;
  settings.model.name = model;
  settings.model.n = 90;
  settings.task.name = task;
  settings.task.train_samples = 200;
  settings.task.validation_samples = settings.task.test_samples = 130;
  settings.train.samples = 2 * settings.train.batch;
  return settings;
}

void expect_predicted(const TrialSettings& settings, const std::string& what) {
  constexpr double kMostAbove = 3;
  const auto result = run_trial({settings, 1});
  ASSERT_EQ(result.status, TrialStatus::ok) << what << ": " << result.cause;
  const auto measured = static_cast<double>(result.cost.peak_bytes);
  const auto shape = testing_support::make_generated(settings.task)->shape();
  const auto predicted = static_cast<double>(predicted_peak_bytes(settings, shape));
  EXPECT_GE(predicted, measured) << what << ", " << predicted / measured;
  EXPECT_LE(predicted, kMostAbove * measured) << what << ", " << predicted / measured;
}

TEST(PredictedMemory, BoundsEveryModelOnBothPaths) {
  for (const auto& entry : models()) {
    for (const std::string path : {"auto", "reference"}) {
      for (const std::string task : {"digits", "dms", "flip_flop"}) {
        auto settings = short_training(entry.about.name, task);
        settings.core.path = path;
        expect_predicted(settings, entry.about.name + " " + path + " " + task);
      }
    }
  }
}

TEST(PredictedMemory, BoundsWhatSettingsAdd) {
  using Change = std::function<void(TrialSettings&)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"large network", [](auto& s) { s.model.n = 500; }},
      {"float64", [](auto& s) { s.train.precision = "float64"; }},
      {"pixels", [](auto& s) { s.task.layout = "pixels"; }},
      {"trained A",
       [](auto& s) {
         s.model.trained = {"A", "dt"};
       }},
      {"full matrix", [](auto& s) { s.model.a_kind = "matrix"; }},
      {"noise", [](auto& s) { s.model.recurrent_noise = s.model.input_noise = 0.1; }},
      {"penalty", [](auto& s) { s.train.l2_rates = 0.1; }},
      {"patience", [](auto& s) { s.train.patience = 3; }},
      {"reset", [](auto& s) { s.task.reset_at = 0.5; }},
      {"small batch", [](auto& s) { s.train.batch = 5; }},
      {"large batch", [](auto& s) { s.train.batch = s.task.train_samples = s.train.samples = 700; }},
      {"sgd", [](auto& s) { s.train.optimizer = "sgd"; }}};
  for (const auto& [name, change] : changes) {
    auto settings = short_training("conductance", "digits");
    change(settings);
    expect_predicted(settings, name);
  }
}

}  // namespace
}  // namespace evobrnn
