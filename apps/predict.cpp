// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "apps/commands.hpp"
#include "apps/examination_networks.hpp"
#include "apps/memory_check.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/prediction.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path weights, input, output;
};

int predict_file(const Options& options) {
  for (const auto& file : {options.weights, options.input}) {
    if (!fs::is_regular_file(file)) throw UsageError(file.string() + ": no such file");
  }
  require_memory(1, 0);
  const auto network = find_networks({options.weights}).front();
  write_atomically(options.output, predict(network.spec, read_whole(options.weights), read_whole(options.input)));
  fmt::print("outputs of {} in {}\n", network.group, options.output.string());
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
      ->add_option(
          "--input", options->input,
          "A safetensors file with x [steps, batch, n_in], and lengths [batch] where sequences differ in length")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--output", options->output,
                   "A safetensors file for outputs [batch, n_out] after each sequence's last step, outputs_every_step "
                   "[steps, batch, n_out] and rates [steps, batch, n]")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Outputs are logits of a classification, else values. Rates begin at 0; the noise of the settings is left "
      "out.\n\n"
      "Example:\n  evobrnn predict runs/quickstart/weights/champion.safetensors --input x.safetensors --output "
      "y.safetensors\n\n"
      "In Python:\n  safetensors.numpy.save_file({\"x\": x}, \"x.safetensors\")");
  command->callback([options, &exit_code] { exit_code = predict_file(*options); });
}

}  // namespace evobrnn
