// SPDX-License-Identifier: Apache-2.0
#include "apps/options.hpp"

#include "apps/command_file.hpp"
#include "core/data/data_store.hpp"
#include "core/plugin.hpp"

namespace evobrnn {
namespace {

/// An option that stands for a setting.
void add_override(CLI::App& command, const std::string& name, const std::string& path, const std::string& doc,
                  ExperimentSource& source, const std::string& type = "N") {
  command
      .add_option_function<std::string>(
          name, [path, &source](const std::string& value) { source.overrides.push_back(path + "=" + value); }, doc)
      ->type_name(type);
}

}  // namespace

void add_set_option(CLI::App& command, ExperimentSource& source, const std::string& doc) {
  command.add_option("--set", source.overrides, doc)->type_name("PATH=VALUE")->allow_extra_args(false);
}

void add_settings_options(CLI::App& command, ExperimentSource& source) {
  command.add_option("FILE", source.file, "Settings file (TOML); configs/ has commented examples")
      ->required()
      ->type_name("");
  add_set_option(command, source, "Overrides a setting, as --set model.n=80; may be repeated");
  add_override(command, "--seed", "seed", "Overrides the seed", source);
}

void add_data_option(CLI::App& command, std::filesystem::path& folder) {
  command.add_option("--data", folder, "Folder of the data sets; default: $EVOBRNN_DATA, else ~/.local/share/evobrnn")
      ->type_name("DIR");
}

void add_plugin_option(CLI::App& app) {
  app.add_option_function<std::vector<std::string>>(
         "--plugin",
         [](const std::vector<std::string>& files) {
           for (const auto& file : files) load_plugin(file);
         },
         "Shared library with models, tasks or strategies of your own; may be repeated. A run keeps it in its settings")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

void add_view_options(CLI::App& command, ViewOptions& view) {
  command.add_flag("--quiet", view.quiet, "Prints the result only");
  command.add_flag("--json", view.json, "Prints one JSON object an event, a line each, and nothing else");
}

std::vector<std::string> arguments_of(const ViewOptions& view) {
  std::vector<std::string> words;
  if (view.quiet) words.emplace_back("--quiet");
  if (view.json) words.emplace_back("--json");
  return words;
}

void add_workers_option(CLI::App& command, ExperimentSource& source) {
  add_override(command, "--workers", "run.workers",
               "Candidates trained at once; default: one a physical core. Changes no result", source);
  add_override(command, "--memory", "run.memory",
               "GB that they may take together; default: 80 % of what is free. Fewer train at once where it is short",
               source);
}

void add_isolation_option(CLI::App& command, ExperimentSource& source) {
  add_override(command, "--isolation", "run.isolation",
               "thread, or process: each worker trains in a process of its own, so that a crash costs one trial. "
               "Changes no result",
               source, "{thread,process}");
}

std::shared_ptr<DataStore> open_data(const std::filesystem::path& folder, const Experiment& experiment) {
  if (!experiment.command) return open_data(folder, experiment.base.task);
  require_program(*experiment.command);
  return command_data(folder, *experiment.command);
}

std::shared_ptr<DataStore> command_data(const std::filesystem::path& folder, const CommandSettings& command) {
  auto data = make_data_store(folder);
  for (const auto& file : command_files(command)) data->find("", {file.string()}, "");
  return data;
}

std::shared_ptr<DataStore> open_data(const std::filesystem::path& folder, const TaskSettings& task) {
  auto data = make_data_store(folder);
  load_task(task, *data);
  return data;
}

}  // namespace evobrnn
