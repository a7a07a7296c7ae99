// SPDX-License-Identifier: Apache-2.0
#include "apps/commands.hpp"
#include "apps/detach.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/search_run.hpp"
#include "apps/signals.hpp"
#include "evolve/genome_file.hpp"

namespace evobrnn {
namespace {

struct Options {
  ExperimentSource source;
  std::filesystem::path data, out;
  ViewOptions view;
  bool detach = false;
};

int run(const Options& options) {
  const auto experiment = load_experiment(options.source);
  const auto folder = options.out.empty() ? std::filesystem::path("runs") / experiment.search.name : options.out;
  const auto hint = "Go on with it: evobrnn resume " + folder.string() + "; or choose another folder: --out DIR";
  if (std::filesystem::exists(folder)) throw UsageError(folder.string() + " exists already. " + hint);
  const auto data = open_data(options.data, experiment.base.task);
  std::map<std::string, std::string> files{
      {kExperimentFile, experiment.toml},
      {kProvenanceFile, provenance_json(experiment.search.seed, options.data, command_line)}};
  if (!experiment.first.empty()) files[kGenomesFile] = genomes_csv(experiment.space, experiment.first);
  create_run_folder(folder, files, hint);
  if (options.detach) return resume_detached(folder, arguments_of(options.view));
  return search_in(folder, experiment, data, options.view.kind());
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("run", "Searches hyperparameters as a settings file says, and tests the champion");
  const auto options = std::make_shared<Options>();
  add_settings_options(*command, options->source);
  add_data_option(*command, options->data);
  add_workers_option(*command, options->source);
  add_isolation_option(*command, options->source);
  command->add_option("--out", options->out, "Run folder; default: runs/NAME with the name of the settings")
      ->type_name("DIR");
  command
      ->add_option("--genomes", options->source.genomes, "CSV of first individuals, its header naming the genes' paths")
      ->type_name("FILE");
  add_view_options(*command, options->view);
  add_detach_option(*command, options->detach);
  command->footer(
      "Examples:\n"
      "  evobrnn run configs/quickstart.toml\n"
      "  evobrnn run configs/mnist_ga.toml --data ~/data/mnist --workers 4\n"
      "  evobrnn run configs/quickstart.toml --set search.strategy=sobol --seed 7 --out runs/sobol\n"
      "  evobrnn run configs/quickstart.toml --isolation process --set run.trial_memory=2 --set "
      "train.time_limit=600\n"
      "  evobrnn run configs/quickstart.toml --set run.max_seconds=3600\n"
      "  evobrnn run configs/mnist_ga.toml --detach\n\n" +
      std::string(kSignalsHelp) +
      "A limit (run.max_seconds, run.max_trials, run.max_flops) ends a run in the same way, with exit code 3.\n"
      "`evobrnn resume RUN` goes on with a stopped run.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace evobrnn
