// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/path_text.hpp"
#include "apps/run_folder.hpp"
#include "apps/run_state.hpp"
#include "apps/signals.hpp"
#include "evolve/ledger_reader.hpp"
#include "view/json_line.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using Alive = RunProcess::Alive;

struct Options {
  fs::path folder;
  bool json = false, follow = false;
};

std::string best_score(const RunState& state) { return told_score(state.score, state.champion->result.score); }

const char* word(const RunState& state) {
  if (state.complete) return "complete";
  if (state.process.alive == Alive::yes) return "running";
  return state.process.alive == Alive::no ? "stopped" : "not complete";
}

std::string process_text(const RunState& state) {
  const auto& process = state.process;
  if (state.complete) return "complete";
  if (process.pid == 0) return "not complete; no lock file says whether a process is running it";
  const auto name = fmt::format("process {} on {}, since {}", process.pid, process.host, process.started);
  if (process.alive == Alive::yes) return "running: " + name;
  if (process.alive == Alive::no) return "stopped: its last process has ended (" + name + ")";
  return "not complete; only that host can tell whether it is running: " + name;
}

std::string progress_line(const RunState& state) {
  auto line = fmt::format("{} of at most {} trials, generation {} of {}", state.done, state.expected, state.generation,
                          state.generations - 1);
  if (state.trials_per_minute > 0) line += fmt::format(", {:.1f} a minute", state.trials_per_minute);
  if (!state.complete && state.share_done > 0)
    line += fmt::format(", {:.0f} % of the work", std::floor(100 * state.share_done));
  if (state.remaining_seconds) line += ", about " + duration(*state.remaining_seconds) + " left";
  if (state.champion) line += ", best " + best_score(state);
  return line;
}

std::vector<std::string> lines_of(const fs::path& folder, const RunState& state) {
  std::vector<std::string> lines{folder.string() + ": " + process_text(state), progress_line(state)};
  for (const auto& f : state.failures)
    lines.push_back(fmt::format("{} {}, as trial {}: {}", f.count, f.status, f.first_trial, f.cause));
  if (state.checkpoints > 0)
    lines.push_back(fmt::format("trainings under way with a checkpoint: {}", state.checkpoints));
  if (state.champion) {
    lines.push_back(fmt::format("best so far: trial {} of generation {}: {}: {}", state.champion->id,
                                state.champion->generation, best_score(state),
                                genome_line(state.champion->key.genome)));
  }
  if (state.tested && !state.tested->all()) lines.push_back("final tests are on " + to_text(*state.tested));
  if (!state.complete && state.process.alive == Alive::no)
    lines.push_back("go on with: evobrnn resume " + folder.string());
  return lines;
}

nlohmann::ordered_json to_json(const fs::path& folder, const RunState& state) {
  nlohmann::ordered_json root{{"run", path_text(folder)}, {"state", word(state)}, {"process", nullptr}};
  const auto& process = state.process;
  if (process.pid != 0) root["process"] = {{"host", process.host}, {"pid", process.pid}, {"started", process.started}};
  root["generation"] = state.generation;
  root["generations"] = state.generations;
  root["done"] = state.done;
  root["expected"] = state.expected;
  root["ok"] = state.ok;
  root["failures"] = nlohmann::ordered_json::array();
  for (const auto& f : state.failures) {
    root["failures"].push_back(
        {{"status", f.status}, {"cause", f.cause}, {"count", f.count}, {"first_trial", f.first_trial}});
  }
  root["checkpoints"] = state.checkpoints;
  root["champion"] = nullptr;
  if (state.champion) {
    root["champion"] = {{"id", state.champion->id},
                        {"generation", state.champion->generation},
                        {"score", state.score.told(state.champion->result.score)},
                        {"genome", nlohmann::ordered_json::parse(state.champion->key.genome)}};
  }
  root["test_samples"] = nullptr;
  if (state.tested) root["test_samples"] = {{"used", state.tested->used}, {"of", state.tested->of}};
  root["trials_per_minute"] = state.trials_per_minute;
  root["share_done"] = state.share_done;
  root["remaining_seconds"] = nullptr;
  if (state.remaining_seconds) root["remaining_seconds"] = *state.remaining_seconds;
  return root;
}

/// Reads the ledger again only when somebody has written to it.
class Watch {
 public:
  explicit Watch(const fs::path& folder) : folder_(folder) { experiment_ = experiment_of(folder); }

  RunState state() {
    if (!fs::is_directory(folder_)) throw UsageError(folder_.string() + ": the folder is gone");
    if (!reader_ && fs::exists(folder_ / kLedgerFile)) reader_ = std::make_unique<LedgerReader>(folder_ / kLedgerFile);
    if (reader_) {
      const auto version = reader_->version();
      if (version != version_) {
        damage_.clear();
        trials_ = reader_->trials(&damage_);
        score_ = reader_->score().value_or(ScoreMeaning{});
      }
      version_ = version;
    }
    return run_state(folder_, experiment_, trials_, score_);
  }

  /// Of the ledger, as it was at the last state().
  const std::vector<std::string>& damage() const { return damage_; }

 private:
  const fs::path folder_;
  Experiment experiment_;
  std::unique_ptr<LedgerReader> reader_;
  std::int64_t version_ = -1;
  std::vector<LedgerTrial> trials_;
  std::vector<std::string> damage_;
  ScoreMeaning score_;
};

/// Shows states one after the other: redrawn in place on a terminal; elsewhere a line whenever something changed.
class Display {
 public:
  explicit Display(const Options& options) : options_(options) {}

  void show(const RunState& state) {
    if (options_.json) return show_text(json_line(to_json(options_.folder, state)));
    if (!options_.follow) {
      for (const auto& line : lines_of(options_.folder, state)) fmt::print("{}\n", printable_line(line));
      return;
    }
    if (!terminal_) return show_text(fmt::format("{}: {}", word(state), progress_line(state)));
    if (shown_ > 0) fmt::print("\x1b[{}A\x1b[J", shown_);
    const auto lines = lines_of(options_.folder, state);
    for (const auto& line : lines) fmt::print("{}\n", fit_to_terminal(printable_line(line)));
    shown_ = lines.size();
    std::fflush(stdout);
  }

 private:
  void show_text(const std::string& text) {
    if (text == last_) return;
    last_ = text;
    fmt::print("{}\n", printable_line(text));
    std::fflush(stdout);
  }

  const Options& options_;
  const bool terminal_ = live_terminal();
  std::size_t shown_ = 0;
  std::string last_;
};

int status(const Options& options) {
  Watch watch(options.folder);
  Display display(options);
  for (;;) {
    const auto state = watch.state();
    display.show(state);
    if (!watch.damage().empty())
      return tell_damage(options.folder, watch.damage(), "what is said above counts the trials that are whole");
    if (!options.follow || state.complete || state.process.alive == Alive::no) return kExitOk;
    wait_seconds(1);
    if (stop_requested()) return stop_exit_code();
  }
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("status", "Says how far a run is, from any terminal, while it runs or after");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->folder, "Run folder")->required()->type_name("");
  command->add_flag("--json", options->json, "Prints one JSON object, with --follow one a line at every change");
  command->add_flag("--follow", options->follow, "Goes on until the run is complete or its process has ended");
  command->footer(
      "Shows whether a process is running it, progress, trials a minute, the time left, failures by cause and the "
      "best\n"
      "candidate so far. Reads only, and never makes the run wait. Exit code: 0; 1 the ledger is damaged, and what is\n"
      "said counts the trials that are whole; 2 no run there.\n\n"
      "Examples:\n  evobrnn status runs/quickstart\n  evobrnn status runs/quickstart --follow\n"
      "  evobrnn status runs/quickstart --json");
  command->callback([options, &exit_code] { exit_code = status(*options); });
}

}  // namespace evobrnn
