// SPDX-License-Identifier: Apache-2.0
#include "apps/commands.hpp"
#include "apps/detach.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/search_run.hpp"
#include "apps/signals.hpp"

namespace evobrnn {
namespace {

struct Options {
  std::filesystem::path folder, data;
  ExperimentSource source;
  ViewOptions view;
  bool detach = false;
  int announce = -1;
};

/// The words of this command line after the run folder, but for --detach.
std::vector<std::string> arguments_again(const Options& options) {
  auto words = arguments_of(options.view);
  if (!options.data.empty()) words.insert(words.end(), {"--data", options.data.string()});
  for (const auto& assignment : options.source.overrides) {
    const auto equals = assignment.find('=');
    if (assignment.substr(0, equals) == "run.workers")
      words.insert(words.end(), {"--workers", assignment.substr(equals + 1)});
    else words.insert(words.end(), {"--set", assignment});
  }
  return words;
}

int resume(Options& options) {
  require_run(options.folder);
  options.source.file = options.folder / kExperimentFile;
  const auto experiment = load_experiment(options.source);
  const auto folder = options.data.empty() ? data_folder_of(options.folder) : options.data;
  const auto data = open_data(folder, experiment.base.task);
  if (options.detach) return resume_detached(options.folder, arguments_again(options));
  return search_in(options.folder, experiment, data, options.view.kind(),
                   [&options] { announce_start(options.announce); });
}

}  // namespace

void add_resume(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("resume", "Goes on with a run that was stopped or killed, to the same end");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->folder, "Run folder")->required()->type_name("");
  add_data_option(*command, options->data);
  add_workers_option(*command, options->source);
  add_isolation_option(*command, options->source);
  add_view_options(*command, options->view);
  add_detach_option(*command, options->detach);
  add_announce_option(*command, options->announce);
  command->footer(
      "The search is replayed: finished trials are answered by the ledger, the others are trained, from their\n"
      "last checkpoint where there is one.\n\n"
      "Examples:\n  evobrnn resume runs/quickstart\n  evobrnn resume runs/quickstart --workers 4 --detach\n\n" +
      std::string(kSignalsHelp));
  command->callback([options, &exit_code] { exit_code = resume(*options); });
}

}  // namespace evobrnn
