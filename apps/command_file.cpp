// SPDX-License-Identifier: Apache-2.0
#include "apps/command_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "apps/run_folder.hpp"
#include "core/io/sha256.hpp"
#include "core/plugin.hpp"
#include "evolve/command_protocol.hpp"
#include "evolve/experiment.hpp"
#include "evolve/free_genes.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

const std::string kEvaluator = "evaluator.";

/// Settings of a search that say something of the training of networks, and what there is in their place.
constexpr std::array<std::pair<const char*, const char*>, 11> kOfNetworks{
    {{"search.flops", "a command has no FLOPs that could be counted; use search.generations"},
     {"search.defaults_first", "a command's defaults are its own, and not known here; give them as search.genomes"},
     {"final.flops", "a command has no FLOPs that could be counted"},
     {"final.samples", "tell the command by its arguments; its trial says \"final\""},
     {"final.trained", "a command has no hyperparameters that are known here"},
     {"final.finer_steps", "a command has no time step that is known here"},
     {"run.max_flops", "a command has no FLOPs that could be counted; use run.max_trials or run.max_seconds"},
     {"run.trial_memory", "use evaluator.memory"},
     {"run.isolation", "a command has a process of its own anyway"},
     {"run.checkpoint_seconds", "a command keeps checkpoints itself, where it does"},
     {"run.memory", "use evaluator.memory and run.workers"}}};

bool is_of_networks(const std::string& path) {
  return std::any_of(kOfNetworks.begin(), kOfNetworks.end(), [&](const auto& row) { return row.first == path; });
}

/// Loads one file; collects mistakes on the way.
class Loader {
 public:
  Loader(const ExperimentSource& source, Document document) : source_(source), document_(std::move(document)) {}

  Experiment load() {
    take_evaluator();
    refuse_networks();
    const auto genes = settings_of_genes(document_, mistakes_);
    auto file = read_search_file(document_, genes, mistakes_);
    for (const auto& entry : file.trial_entries)
      wrong(entry, "only [genes] says what the command is told; its own arguments are in evaluator.command");
    experiment_.search = file.settings;
    experiment_.search.plugins = loaded_plugins();
    const auto written = file.genes;
    resolve_conditions(
        file, genes, [](const std::string&) { return std::nullopt; }, mistakes_);
    if (file.genes.empty() && mistakes_.empty())
      wrong({"genes", std::string(), document_.file.string()},
            "a command needs at least one gene, as [genes] lr = { low = 0.001, high = 0.1 }");
    stop_at_mistakes();
    make_space(file.genes);
    if (source_.search) read_first_genomes();
    stop_at_mistakes();
    experiment_.toml = resolved(written);
    return std::move(experiment_);
  }

 private:
  void wrong(const Entry& entry, const std::string& rule) {
    mistakes_.push_back({entry.where, entry.path, as_given(entry.value), rule});
  }

  void stop_at_mistakes() {
    if (!mistakes_.empty()) throw SettingsError(std::move(mistakes_));
  }

  void take_evaluator() {
    auto& command = experiment_.command.emplace();
    std::vector<std::string> known;
    for (const auto& row : command_settings_table()) known.push_back(row.setting.path);
    std::string place = document_.file.string();
    for (const auto& entry : document_.entries) {
      if (!entry.path.starts_with(kEvaluator)) continue;
      place = entry.where;
      if (const auto* row = find_setting(command_settings_table(), entry.path)) assign(*row, command, entry, mistakes_);
      else wrong(entry, "no such setting; " + known_names(entry.path, known));
    }
    std::erase_if(document_.entries, [](const Entry& entry) { return entry.path.starts_with(kEvaluator); });
    if (command.embedded ? !command.command.empty() : command.command.empty() || command.command.front().empty())
      mistakes_.push_back({place, "evaluator.command", "", "must name a program, as [\"python3\", \"train.py\"]"});
    // A run folder holds these settings too, and is another place.
    const auto here = fs::absolute(document_.file).parent_path();
    command.folder = (here / command.folder).lexically_normal().string();
  }

  void refuse_networks() {
    if (experiment_.command->embedded) return;  // its program has had it checked
    for (const auto& entry : document_.entries) {
      const auto section = entry.path.substr(0, entry.path.find('.'));
      if (section == "model" || section == "task" || section == "train")
        wrong(entry, "does not go with [evaluator]: a command is evaluated in place of a network");
      const auto* row = find_setting(search_settings_table(), entry.path);
      const auto* of_networks =
          std::find_if(kOfNetworks.begin(), kOfNetworks.end(), [&](const auto& r) { return r.first == entry.path; });
      if (row && of_networks != kOfNetworks.end() && convert(row->setting, entry.value) != row->setting.fallback)
        wrong(entry, std::string("does not go with [evaluator]: ") + of_networks->second);
    }
    std::erase_if(document_.entries, [](const Entry& entry) {
      return entry.path.starts_with("model.") || entry.path.starts_with("task.") || entry.path.starts_with("train.");
    });
  }

  void make_space(const std::vector<Gene>& genes) {
    try {
      experiment_.space = SearchSpace(genes);
    } catch (const std::invalid_argument& error) {
      throw SettingsError({{document_.file.string(), "genes", "", error.what()}});
    }
  }

  void read_first_genomes() {
    experiment_.first = first_genomes(source_, document_.file, experiment_);
    if (experiment_.first.empty() && experiment_.search.strategy == "list")
      mistakes_.push_back({document_.file.string(), "search.genomes", "",
                           "the strategy list needs the genomes: set it, or give --genomes FILE"});
    experiment_.search.genomes = experiment_.first.empty() ? "" : kGenomesFile;
  }

  std::string resolved(const std::vector<Gene>& genes) const {
    std::vector<std::pair<Setting, Value>> rows;
    for (const auto& row : search_settings_table()) {
      if (!is_of_networks(row.setting.path)) rows.emplace_back(row.setting, row.get(experiment_.search));
    }
    for (const auto& row : command_settings_table()) rows.emplace_back(row.setting, row.get(*experiment_.command));
    return write_toml(rows) + genes_toml(genes);
  }

  const ExperimentSource& source_;
  Document document_;
  std::vector<Diagnostic> mistakes_;
  Experiment experiment_;
};

}  // namespace

bool names_command(const Document& document) {
  return std::any_of(document.entries.begin(), document.entries.end(),
                     [](const Entry& entry) { return entry.path.starts_with(kEvaluator); });
}

Experiment load_command_experiment(const ExperimentSource& source, Document document) {
  return Loader(source, std::move(document)).load();
}

std::string command_content(const Experiment& experiment, const Candidate& candidate) {
  const auto& command = experiment.command->command;
  return sha256(to_toml(std::vector<Scalar>(command.begin(), command.end())) + "\n" +
                command_trial_json(candidate, candidate.genome ? candidate.key.genome : "{}"));
}

std::string command_text(const CommandSettings& settings) {
  if (settings.embedded) return "a function of the program that made the run";
  return fmt::format("{}", fmt::join(settings.command, " "));
}

fs::path require_program(const CommandSettings& settings) {
  if (settings.embedded)
    throw UsageError(
        "the objective of this run is a function of the program that made it: start that program again, and "
        "it goes on");
  // As a shell does: a place that this user may not look into holds no program for it.
  std::error_code error;
  if (!fs::is_directory(settings.folder, error))
    throw UsageError("evaluator.folder = " + settings.folder + ": " +
                     (error && error != std::errc::no_such_file_or_directory ? error.message() : "no such folder"));
  const auto& program = settings.command.front();
  const auto runs = [](const fs::path& file) {
    std::error_code unseen;
    return fs::is_regular_file(file, unseen) && ::access(file.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) {
    const auto file = fs::path(settings.folder) / program;
    if (runs(file)) return file;
    const bool there = fs::exists(file, error);
    throw UsageError(fmt::format("evaluator.command: {}: {}", file.lexically_normal().string(),
                                 error   ? error.message()
                                 : there ? "cannot be executed (chmod +x?)"
                                         : "no such file"));
  }
  const char* places = std::getenv("PATH");
  std::istringstream folders(places ? places : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (const auto file = fs::path(settings.folder) / folder / program; runs(file)) return file;
  }
  throw UsageError(fmt::format("evaluator.command: {}: no such program in $PATH", program) +
                   (fs::exists(fs::path(settings.folder) / program, error) ? "; did you mean ./" + program + "?" : ""));
}

std::vector<fs::path> command_files(const CommandSettings& settings) {
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < settings.command.size(); ++i) {
    const auto& word = settings.command[i];
    if (i == 0 && word.find('/') == std::string::npos) continue;  // looked for as a shell does
    const auto file = (fs::path(settings.folder) / word).lexically_normal();
    std::error_code error;
    if (!word.empty() && fs::is_regular_file(file, error)) files.push_back(file);
  }
  return files;
}

}  // namespace evobrnn
