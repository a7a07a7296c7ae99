// SPDX-License-Identifier: Apache-2.0
#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/search_run.hpp"

namespace evobrnn {
namespace {

struct Options {
  std::filesystem::path folder, data;
  ExperimentSource source;
  ViewOptions view;
};

int resume(Options& options) {
  require_run(options.folder);
  options.source.file = options.folder / kExperimentFile;
  const auto experiment = load_experiment(options.source);
  const auto folder = options.data.empty() ? data_folder_of(options.folder) : options.data;
  return search_in(options.folder, experiment, open_data(folder, experiment.base.task), options.view.kind());
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
  command->footer(
      "The search is replayed: finished trials are answered by the ledger, the others are trained.\n\n"
      "Example:\n  evobrnn resume runs/quickstart");
  command->callback([options, &exit_code] { exit_code = resume(*options); });
}

}  // namespace evobrnn
