// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apps/command_file.hpp"
#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/signals.hpp"
#include "view/terminal.hpp"

namespace evobrnn {
namespace {

int check(const ExperimentSource& source, bool resolved) {
  const auto experiment = load_experiment(source);
  if (resolved) {
    fmt::print("{}", experiment.toml);
    return kExitOk;
  }
  const auto& search = experiment.search;
  fmt::print("{}: ok: {}", source.file.string(),
             experiment.command ? printable_line(command_text(*experiment.command))
                                : fmt::format("{} on {}", experiment.base.model.name, experiment.base.task.name));
  if (experiment.space.size() > 0) {
    fmt::print(", {} genes, strategy {}, {} generations of {} candidates", experiment.space.size(), search.strategy,
               planned_generations(experiment.space, search, experiment.first.size()), search.population);
  }
  fmt::print("\n");
  return kExitOk;
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("check", "Only validates a settings file: every mistake at once");
  const auto source = std::make_shared<ExperimentSource>();
  const auto resolved = std::make_shared<bool>(false);
  source->search = false;
  add_settings_options(*command, *source);
  command->add_flag("--resolved", *resolved, "Prints every setting that applies, with its value");
  command->footer("Example:\n  evobrnn check configs/quickstart.toml");
  command->callback([source, resolved, &exit_code] { exit_code = check(*source, *resolved); });
}

}  // namespace evobrnn
