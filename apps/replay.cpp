// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apps/command_file.hpp"
#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/trained_again.hpp"
#include "evolve/ledger_reader.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {
namespace {

struct Options {
  std::filesystem::path folder, data, weights;
  std::int64_t trial = 0;
};

LedgerTrial find_trial(const std::filesystem::path& folder, std::int64_t id) {
  auto trials = LedgerReader(require_ledger(folder)).trials();
  if (trials.empty()) throw UsageError(folder.string() + ": no trial has ended yet");
  const auto found = std::find_if(trials.begin(), trials.end(), [id](const LedgerTrial& t) { return t.id == id; });
  if (found == trials.end()) {
    throw UsageError(fmt::format("{}: no trial {}; its ledger holds {}, with numbers from {} to {}", folder.string(),
                                 id, trials.size(), trials.front().id, trials.back().id));
  }
  return *found;
}

int replay(const Options& options) {
  const auto trial = find_trial(options.folder, options.trial);
  const auto run = open_run(options.folder, options.data, CodeUse::stored);
  if (run.experiment.command) require_program(*run.experiment.command);
  if (!options.weights.empty()) require_networks(run.experiment, "--weights");
  std::optional<OutputFile> output;  // before the training: what cannot be kept is told now
  if (!options.weights.empty()) output.emplace(options.weights);
  const bool terminal = live_terminal();
  const auto again = train_again(run, trial, [terminal](std::int64_t step, std::int64_t steps, double loss) {
    if (!terminal) return;
    fmt::print("\r\x1b[2K{}", step == steps ? "" : fmt::format("step {} of {}, loss {:.3f}", step, steps, loss));
    std::fflush(stdout);
  });
  if (again.stopped) {
    fmt::print("stopped\n");
    return stop_exit_code();
  }
  if (output) {
    if (again.weights.empty())
      throw std::runtime_error("trial " + std::to_string(trial.id) + " ended without weights: " + trial.result.cause);
    output->write(again.weights);
    fmt::print("weights {}\n", options.weights.string());
  }
  for (const auto& line : again.differences) fmt::print("{}\n", printable_line(line));
  if (again.differences.empty())
    fmt::print("trial {}: the same bits ({})\n", trial.id,
               trial.result.status == TrialStatus::ok
                   ? fmt::format("ok, score {}", trial.result.score)
                   : to_text(trial.result.status) + ": " + printable_line(trial.result.cause));
  else fmt::print("trial {}: values that differ (stored, trained now): {}\n", trial.id, again.differences.size());
  for (const auto& note : again.notes) fmt::print("trial {}: {}\n", trial.id, printable_line(note));
  return again.differences.empty() ? kExitOk : kExitFailure;
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("replay", "Trains one trial of a run again and says whether the bits agree");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->folder, "Run folder")->required()->type_name("");
  command->add_option("TRIAL", options->trial, "Number of the trial, as `evobrnn export` lists it")
      ->required()
      ->type_name("");
  add_data_option(*command, options->data);
  command->add_option("--weights", options->weights, "Also writes the trained weights, as safetensors")
      ->type_name("OUT");
  command->footer(
      "Compares everything that the ledger holds of the trial but times and worker names; of the champion's final\n"
      "trainings the weights too. A trial that was trained gentler is trained so again; one that crashed, hung or ran\n"
      "out of memory is trained in a process of its own, and may end better now. Writes nothing into the run folder. "
      "The data are those of the run, or of --data.\n"
      "Exit code: 0 the same bits; 1 they differ; 2 no such run or trial.\n\n"
      "Examples:\n  evobrnn replay runs/quickstart 17\n"
      "  evobrnn replay runs/quickstart 17 --weights trial17.safetensors");
  command->callback([options, &exit_code] { exit_code = replay(*options); });
}

}  // namespace evobrnn
