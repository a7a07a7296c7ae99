// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apps/builds.hpp"
#include "apps/commands.hpp"
#include "apps/compare.hpp"
#include "apps/data_files.hpp"
#include "apps/detach.hpp"
#include "apps/disk_space.hpp"
#include "apps/options.hpp"
#include "apps/run_changes.hpp"
#include "apps/run_folder.hpp"
#include "apps/search_run.hpp"
#include "apps/signals.hpp"
#include "evolve/run_lock.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path folder, data;
  ExperimentSource source;
  ViewOptions view;
  bool detach = false;
  int announce = -1;
};

/// The words of this command line after the run folder, but for --detach and for what was changed and written already.
std::vector<std::string> arguments_again(const Options& options) {
  auto words = arguments_of(options.view);
  if (!options.data.empty()) words.insert(words.end(), {"--data", options.data.string()});
  return words;
}

/// Makes the settings those of the run. Killed anywhere in between, the run goes on as before: final tests that were
/// set aside are taken back, or made again to the same bits. Weights stay until those of the new champion are there.
void apply(const std::vector<SettingChange>& changes, const fs::path& folder, const Experiment& experiment) {
  if (moves_final_tests(changes)) {
    Ledger ledger(folder / kLedgerFile);
    ledger.set_finals_aside(
        [&](const LedgerTrial& trial) { return content_of(experiment, candidate_of(experiment, trial)); });
  }
  write_atomically(folder / kExperimentFile, experiment.toml);
}

/// A change that makes another run is told as that, also where the other settings do not go with it.
Experiment load_changed(const Options& options, const Experiment& before) {
  try {
    return load_experiment(options.source);
  } catch (const SettingsError&) {
    require_same_run(options.folder.string(), changes_asked(before, options.source.overrides));
    throw;
  }
}

int resume(Options& options) {
  if (is_comparison(options.folder)) {
    if (options.detach) throw UsageError("--detach does not go with a comparison; start it with nohup");
    return resume_comparison(options.folder, options.data, options.source.overrides, options.view.kind());
  }
  require_run(options.folder);
  std::optional<RunLock> lock(std::in_place, options.folder);
  options.source.file = options.folder / kExperimentFile;
  options.source.code = CodeUse::stored;
  ExperimentSource as_it_is;
  as_it_is.file = options.source.file;
  as_it_is.code = CodeUse::stored;
  const auto before = load_experiment(as_it_is);
  const auto experiment = load_changed(options, before);
  const auto changes = changes_between(before, experiment);
  require_same_run(options.folder.string(), changes);
  if (changes_policies(changes))
    require_same_policies(options.folder.string(), before, experiment, Ledger(options.folder / kLedgerFile).trials());
  const auto data = open_data(options.data.empty() ? data_folder_of(options.folder) : options.data, experiment);
  require_same_data(options.folder, *data);
  check_room(options.folder, needed_bytes(experiment, *data));
  // Before anything is set aside: what is a link is refused.
  storing([&] {
    make_own_folder(options.folder / kWeightsFolder);
    require_own_folder(options.folder / kCheckpointsFolder);
  });
  if (!changes.empty()) apply(changes, options.folder, experiment);
  if (const auto build = note_build(options.folder); !build.empty())
    fmt::print(
        stderr,
        "note: another build of evobrnn goes on with the run ({}); bits of its trials may differ from those that the "
        "build of before would give. {} keeps both\n",
        build, (options.folder / kProvenanceFile).string());
  if (options.detach) {
    lock.reset();  // the process in the background takes it
    return resume_detached(options.folder, arguments_again(options));
  }
  return search_in(options.folder, experiment, data, options.view.kind(),
                   [&options] { announce_start(options.announce); });
}

}  // namespace

void add_resume(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("resume", "Goes on with a run that was stopped or killed, to the same end");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->folder, "Run folder")->required()->type_name("");
  add_set_option(*command, options->source,
                 "Changes a setting of the run, as --set search.generations=20; may be repeated");
  add_data_option(*command, options->data);
  add_workers_option(*command, options->source);
  add_isolation_option(*command, options->source);
  add_view_options(*command, options->view);
  add_detach_option(*command, options->detach);
  add_announce_option(*command, options->announce);
  command->footer(
      "The search is replayed: finished trials are answered by the ledger, the others are trained, from their\n"
      "last checkpoint where there is one.\n\n"
      "What can change: more search.generations, also of a finished run, which then goes on as if it had been started "
      "with\nthem; final.seeds; and settings that change no result, as run.workers and train.time_limit (trials that "
      "ran over an\nolder limit stay as they are); and a policy of [failures] that no finished trial fell under yet. "
      "Any other change would make it another run and is refused. The "
      "changed "
      "settings are\nwritten to RUN/experiment.toml.\n\n"
      "One process at a time: a second one is refused and told who holds the run. A killed process leaves nothing to "
      "clear.\n\n"
      "Examples:\n"
      "  evobrnn resume runs/quickstart\n"
      "  evobrnn resume runs/quickstart --set search.generations=20 --workers 8\n"
      "  evobrnn resume runs/quickstart --workers 4 --detach\n\n" +
      std::string(kSignalsHelp));
  command->callback([options, &exit_code] { exit_code = resume(*options); });
}

}  // namespace evobrnn
