// SPDX-License-Identifier: Apache-2.0
#include "evolve/command_objective.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "evolve/command_process.hpp"
#include "evolve/command_protocol.hpp"
#include "evolve/process_end.hpp"
#include "evolve/shortage.hpp"
#include "evolve/stopwatch.hpp"
#include "evolve/temporary_folder.hpp"
#include "evolve/told_curve.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr int kTickMilliseconds = 20;   // between two looks at should_stop and the clock
constexpr double kMemorySeconds = 0.1;  // between two looks at the memory
constexpr double kGigabyte = 1e9;

/// What the disk does not let us write is no fault of the candidate.
fs::path write(const fs::path& file, const std::string& bytes) {
  errno = 0;
  if (!(std::ofstream(file, std::ios::binary) << bytes << std::flush)) {
    const auto text = file.string() + ": cannot be written";
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) throw Shortage(shortage_text(text, errno));
    throw StorageError(errno == 0 ? text : text + ": " + std::strerror(errno));
  }
  return file;
}

/// One trial.
class CommandTrial {
 public:
  CommandTrial(const CommandSettings& settings, const TrialHooks& hooks, const fs::path& scratch,
               const std::string& trial)
      : settings_(settings),
        hooks_(hooks),
        scratch_(scratch, "trial"),
        lines_([this](const std::string& line) { hear(line); }),
        process_(
            start(trial),
            [this](std::string_view bytes) {
              lines_.add(bytes);
              printed_.add(bytes);
            },
            [this](std::string_view bytes) { last_words_.add(bytes); }) {}

  TrialResult run() {
    if (hooks_.started) hooks_.started();
    while (!process_.ended()) {
      process_.wait(kTickMilliseconds);
      if (!process_.ended()) watch();
    }
    lines_.end();
    if (verdict_) return with_cost(*verdict_);
    try {
      return with_cost(how_it_ended());
    } catch (const ProcessEnded& end) {
      throw ProcessEnded(with_cost(end.result()), end.signal());
    }
  }

 private:
  CommandStart start(const std::string& trial) const {
    const auto file = write(scratch_ / "trial.json", trial);
    return {settings_.command,
            settings_.folder.empty() ? fs::current_path() : fs::path(settings_.folder),
            file,
            {{"EVOBRNN_SCRATCH", scratch_.path().string()}, {"EVOBRNN_TRIAL", file.string()}}};
  }

  TrialResult with_cost(TrialResult result) const {
    result.cost.wall_seconds = clock_.seconds();
    if (const auto& report = process_.report()) result.cost.cpu_seconds = report->cpu_seconds;
    return result;
  }

  void hear(const std::string& line) {
    const auto heard = read_command_line(line);
    if (const auto* progress = std::get_if<CommandProgress>(&heard)) {
      if (hooks_.progress) hooks_.progress(progress->step, progress->steps, progress->loss);
    } else if (const auto* result = std::get_if<TrialResult>(&heard)) {
      result_ = *result;
    } else if (const auto* none = std::get_if<NoResult>(&heard)) {
      no_result_ = none->why;
      if (!none->half) result_.reset();
    }
  }

  /// Ends it where it has to end.
  void watch() {
    if (!verdict_ && hooks_.should_stop && hooks_.should_stop()) ask_to_end(TrialStatus::cancelled, "was told to stop");
    if (!verdict_ && settings_.time_limit > 0 && awake_.seconds() > settings_.time_limit)
      ask_to_end(TrialStatus::timeout, fmt::format("ran over its time limit of {} s", settings_.time_limit));
    if (asked_ && asked_->seconds() > settings_.grace_seconds) return process_.kill();
    if (settings_.memory <= 0 || memory_looked_at_.seconds() < kMemorySeconds) return;
    memory_looked_at_ = {};
    if (static_cast<double>(process_.resident_bytes()) <= kGigabyte * settings_.memory) return;
    if (!verdict_)
      verdict_ = ended_as(TrialStatus::out_of_memory,
                          fmt::format("its processes held more than {} GB (evaluator.memory)", settings_.memory));
    process_.kill();
  }

  void ask_to_end(TrialStatus status, const std::string& cause) {
    verdict_ = ended_as(status, cause);
    asked_.emplace();
    process_.ask_to_stop();
  }

  /// Throws ProcessEnded where that may be no doing of the trial.
  TrialResult how_it_ended() const {
    const auto& report = process_.report();
    if (!report)
      throw ProcessEnded(ended_as(TrialStatus::lost, "its guard process was killed, and the command with it"), SIGKILL);
    if (is_shortage(report->start_error))
      throw Shortage(shortage_text("the command cannot be started: " + settings_.command.front(), report->start_error));
    if (report->start_error != 0)
      return ended_as(TrialStatus::invalid,
                      fmt::format("the command cannot be started: {}: {}",
                                  report->folder_failed ? settings_.folder : settings_.command.front(),
                                  std::strerror(report->start_error)));
    const int status = report->status;
    if (WIFSIGNALED(status)) {
      if (WTERMSIG(status) == SIGKILL && killed_for_memory_since(kills_before_))
        return ended_as(TrialStatus::out_of_memory, kKilledForMemory);
      throw ProcessEnded(ended_as(TrialStatus::crashed, "ended by " + signal_text(WTERMSIG(status)) + hint()),
                         WTERMSIG(status));
    }
    if (const int code = WEXITSTATUS(status); code != 0)
      throw ProcessEnded(ended_as(TrialStatus::crashed, fmt::format("exited with code {}", code) + hint()),
                         signal_of_exit_code(code));
    if (result_) return *result_;
    return ended_as(TrialStatus::lost, "exited with code 0 and no result" + what_it_printed() + hint());
  }

  /// Where no line looked like a result, what stood in its place.
  std::string what_it_printed() const {
    if (!no_result_.empty()) return "";
    const auto words = printed_.text();
    return words.empty() ? "; it printed nothing" : "; its output ends with: " + words;
  }

  /// What may tell why.
  std::string hint() const {
    const auto words = last_words_.text();
    return (no_result_.empty() ? "" : "; " + no_result_) + (words.empty() ? "" : "; its last words: " + words);
  }

  const CommandSettings& settings_;
  const TrialHooks& hooks_;
  const TemporaryFolder scratch_;
  LineCutter lines_;
  LastWords printed_, last_words_;  ///< of its standard output, and of standard error
  std::optional<TrialResult> result_, verdict_;
  std::string no_result_;
  const std::optional<std::int64_t> kills_before_ = kernel_kills_for_memory();
  const Stopwatch clock_;
  const AwakeStopwatch awake_;
  Stopwatch memory_looked_at_;
  std::optional<AwakeStopwatch> asked_;
  CommandProcess process_;  ///< last: it calls the others
};

}  // namespace

Objective command_objective(CommandSettings settings, const SearchSpace& space, fs::path scratch) {
  if (settings.command.empty()) throw std::invalid_argument("evaluator.command names no program");
  return with_told_curve([settings = std::move(settings), space, scratch = std::move(scratch)](
                             const Candidate& candidate, const TrialHooks& hooks) {
    try {
      const auto genome = candidate.genome ? space.text(*candidate.genome) : "{}";
      return CommandTrial(settings, hooks, scratch, command_trial_json(candidate, genome)).run();
    } catch (const std::bad_alloc&) {  // the candidate has a process of its own
      throw Shortage("no memory to run a command");
    }
  });
}

}  // namespace evobrnn
