// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "apps/commands.hpp"
#include "apps/examination_networks.hpp"
#include "apps/memory_check.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/weights.hpp"
#include "core/prediction.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path weights, input, output;
  bool any_steps = false;
};

/// "40 sequences of 6 steps; walk 12, run 28".
std::string answers_text(const Prediction& prediction, const TrainedOn& trained) {
  auto text = fmt::format("{} sequence{} of {} step{}", prediction.samples, prediction.samples == 1 ? "" : "s",
                          prediction.steps, prediction.steps == 1 ? "" : "s");
  constexpr std::size_t kMostNamed = 20;
  if (prediction.of_class.size() > kMostNamed) return text;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < prediction.of_class.size(); ++i) {
    const auto name = i < trained.labels.size() ? trained.labels[i] : fmt::format("class {}", i);
    if (prediction.of_class[i] > 0) parts.push_back(fmt::format("{} {}", name, prediction.of_class[i]));
  }
  return parts.empty() ? text : fmt::format("{}; answers: {}", text, fmt::join(parts, ", "));
}

int predict_file(const Options& options) {
  for (const auto& file : {options.weights, options.input}) {
    if (!fs::is_regular_file(file)) throw UsageError(file.string() + ": no such file");
  }
  require_memory(1, 0);
  const auto network = find_networks({options.weights}).front();
  const auto trained = trained_on(options.weights);
  OutputFile output(options.output);
  const auto prediction = predict(network.spec, trained, read_whole(options.weights), options.input, options.any_steps);
  output.write(prediction.safetensors);
  fmt::print("outputs of {} in {}: {}\n", network.group, options.output.string(), answers_text(prediction, trained));
  return kExitOk;
}

}  // namespace

void add_predict(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("predict", "Runs a trained network on inputs of yours");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("WEIGHTS", options->weights,
                   "Weights of a run or a training (.safetensors), config.json beside them")
      ->required()
      ->type_name("");
  command
      ->add_option("--input", options->input,
                   "A file of sequences as training reads it (safetensors, .npz, .npy, .csv, .ts): x [samples, steps, "
                   "features], and "
                   "lengths [samples] where sequences differ in length")
      ->required()
      ->type_name("FILE");
  command
      ->add_option(
          "--output", options->output,
          "A safetensors file for outputs [samples, n_out] after each sequence's last step, outputs_every_step "
          "[samples, steps, n_out], rates [samples, steps, n], and of a classification class [samples]; the "
          "names of classes, where the data had names, are its metadata")
      ->required()
      ->type_name("FILE");
  command->add_flag("--any-steps", options->any_steps,
                    "Sequences may have another number of steps than those that the network was trained on");
  command->footer(
      "Outputs are logits of a classification, else values. Rates begin at 0; the noise of the settings is left "
      "out.\n\n"
      "Example:\n  evobrnn predict runs/quickstart/weights/champion.safetensors --input x.safetensors --output "
      "y.safetensors\n\n"
      "In Python:\n  safetensors.numpy.save_file({\"x\": x}, \"x.safetensors\")   # x: [samples, steps, features]");
  command->callback([options, &exit_code] { exit_code = predict_file(*options); });
}

}  // namespace evobrnn
