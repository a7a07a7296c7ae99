// SPDX-License-Identifier: Apache-2.0
/// Trains one network on the built-in digits, keeps its weights, and examines how long it remembers.
#include <cstdio>
#include <evobrnn/core/examination.hpp>
#include <evobrnn/core/threads.hpp>
#include <evobrnn/core/trial.hpp>

int main() {
  using namespace evobrnn;
  configure_process_threads();
  TrialSpec spec;
  spec.settings.model.n = 24;
  spec.settings.task.train_samples = 4000;
  spec.settings.task.validation_samples = 300;
  spec.settings.task.test_samples = 300;
  spec.settings.train.samples = 16000;
  spec.settings.train.batch = 20;
  spec.seed = 3;
  spec.test = true;

  std::string weights;  // the bytes of a safetensors file
  TrialHooks hooks;
  hooks.data = make_data_store();
  hooks.weights = [&weights](const std::string& bytes) { weights = bytes; };
  const auto result = run_trial(spec, hooks);
  std::printf("status: %s\n", to_text(result.status).c_str());
  std::printf("test accuracy above 50 %%: %s\n", result.metrics.at("test_score") > 0.5 ? "yes" : "no");

  auto options = examination_suite("quick");
  options.scored_samples = options.analysed_samples = 100;
  options.longest_delay = 16;
  options.fixed_point_starts = 4;
  options.training = false;
  ExaminationHooks examination;
  examination.data = hooks.data;
  const auto memory = examine(spec, weights, options, examination);
  for (const auto& figure : memory->figures) {
    if (figure.name == "blank_delay") std::printf("%s: %zu delays\n", figure.title.c_str(), figure.rows.size());
  }
  std::printf("decays fitted: %s\n", memory->decays.empty() ? "no" : "yes");
}
