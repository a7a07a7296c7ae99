// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/detach.hpp"
#include "apps/disk_space.hpp"
#include "apps/extend.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/search_run.hpp"
#include "apps/signals.hpp"
#include "apps/trust.hpp"
#include "evolve/genome_file.hpp"
#include "evolve/run_lock.hpp"
#include "view/terminal.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  ExperimentSource source;
  fs::path data, out;
  std::vector<fs::path> extend_from;
  ViewOptions view;
  bool detach = false;
};

void tell(const OldTrials& old, const Experiment& experiment, ViewKind view) {
  for (const auto& note : old.notes) fmt::print(stderr, "note: {}\n", printable_line(note));
  if (view == ViewKind::automatic)
    fmt::print("{} first individuals; {} trials of old runs at hand, taken over where they come up again\n",
               experiment.first.size(), old.spare.size());
}

int run(Options& options) {
  if (!options.extend_from.empty()) {
    // Before old runs are read: with its plugins more of them can be told.
    auto document = read_document(options.source.file);
    require_trust_of(document, CodeUse::user);
    for (const auto& assignment : options.source.overrides) override_entry(document, assignment);
    load_plugins(document);
  }
  const auto old_runs = read_old_runs(options.extend_from);
  if (!old_runs.empty())
    options.source.more_first = [&](const Experiment& so_far) { return best_genomes(old_runs, so_far); };
  const auto experiment = load_experiment(options.source);
  const auto folder = options.out.empty() ? fs::path("runs") / experiment.search.name : options.out;
  const auto hint = fmt::format(
      "Go on with it: evobrnn resume {0}; start another run in another folder: --out DIR, with the trials of that one: "
      "--extend-from {0}",
      folder.string());
  if (!is_free(folder)) throw UsageError(folder.string() + " exists already. " + hint);
  const auto data = open_data(options.data, experiment);
  check_room(folder, needed_bytes(experiment, *data));
  const auto provenance = provenance_json(experiment.search.seed, options.data, *data, command_line);
  std::map<std::string, std::string> files{{kExperimentFile, experiment.toml}, {kProvenanceFile, provenance}};
  if (!experiment.first.empty()) files[kGenomesFile] = genomes_csv(experiment.space, experiment.first);
  const auto old = old_trials(old_runs, experiment, provenance, *data);
  // Locked before it has its name: nobody can come first.
  std::optional<RunLock> lock;
  create_run_folder(folder, files, hint, [&](const fs::path& draft) {
    lock.emplace(draft, folder.string());
    if (!old.spare.empty()) Ledger(draft / kLedgerFile).add_spare(old.spare);
  });
  trust_own_run(folder);
  if (!old_runs.empty()) tell(old, experiment, options.view.kind());
  if (options.detach) {
    lock.reset();  // the process in the background takes it
    return resume_detached(folder, arguments_of(options.view));
  }
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
  command
      ->add_option("--extend-from", options->extend_from,
                   "Old runs: their best candidates, up to search.population, are the first individuals, and their "
                   "trials are taken over where they come up again")
      ->type_name("RUN...");
  add_view_options(*command, options->view);
  add_detach_option(*command, options->detach);
  command->footer(
      "Examples:\n"
      "  evobrnn run configs/quickstart.toml\n"
      "  evobrnn run configs/mnist_ga.toml --data ~/data/mnist --workers 4\n"
      "  evobrnn run configs/quickstart.toml --set search.strategy=sobol --seed 7 --out runs/sobol\n"
      "  evobrnn run configs/quickstart.toml --out runs/second --extend-from runs/quickstart\n"
      "  evobrnn run configs/quickstart.toml --isolation process --set run.trial_memory=2 --set "
      "train.time_limit=600\n"
      "  evobrnn run configs/quickstart.toml --set run.max_seconds=3600\n"
      "  evobrnn run configs/mnist_ga.toml --detach\n"
      "  evobrnn run examples/command_python/search.toml\n\n"
      "With [evaluator] in the settings file any program takes the place of networks: docs/COMMANDS.md.\n\n"
      "--extend-from needs the same genes; their ranges and everything else may differ. A trial is taken over where "
      "its "
      "settings,\nseed, the bytes of its data and the build are the same, so that its bits are; the ledger tells where "
      "it "
      "came "
      "from.\n\n" +
      std::string(kSignalsHelp) +
      "A limit (run.max_seconds, run.max_trials, run.max_flops) ends a run in the same way, with exit code 3.\n"
      "`evobrnn resume RUN` goes on with a stopped run.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace evobrnn
