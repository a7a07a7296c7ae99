// SPDX-License-Identifier: Apache-2.0
#include "evolve/worker_process.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "evolve/process_end.hpp"
#include "evolve/shortage.hpp"
#include "evolve/stopwatch.hpp"

extern char** environ;

namespace evobrnn {
namespace {

constexpr int kTickMilliseconds = 20;  // between two looks at should_stop and the clock

[[noreturn]] void cannot(const std::string& what, int error) {
  if (is_shortage(error)) throw Shortage(shortage_text(what, error));
  throw std::runtime_error(what + ": " + std::strerror(error));
}

void tell_progress(const std::string& json, const TrialHooks& hooks) {
  const auto row = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!row.is_array() || row.size() != 3 || !row[0].is_number_integer() || !row[1].is_number_integer() ||
      !row[2].is_number())
    throw std::invalid_argument("no progress: " + json);
  hooks.progress(row[0].get<std::int64_t>(), row[1].get<std::int64_t>(), row[2].get<double>());
}

std::int64_t to_step(const std::string& text) {
  std::int64_t step = 0;
  const auto* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, step); read.ec != std::errc() || read.ptr != end)
    throw std::invalid_argument("no step: " + text);
  return step;
}

/// Hands on what a worker says on its way. Returns its result, once that comes.
std::optional<TrialResult> hear(const Message& message, const TrialHooks& hooks) {
  if (message.kind == "result") return trial_result_from_json(message.body);
  if (message.kind == "started") {
    if (hooks.started) hooks.started();
  } else if (message.kind == "progress") {
    if (hooks.progress) tell_progress(message.body, hooks);
  } else if (message.kind == "weights") {
    if (hooks.weights) hooks.weights(message.body);
  } else if (message.kind == "checkpoint") {
    if (hooks.checkpoint) hooks.checkpoint(message.body);
  } else if (message.kind == "other_files") {
    throw StorageError(message.body);
  } else if (message.kind == "resumed") {
    if (hooks.resumed) hooks.resumed(to_step(message.body));
  } else {
    throw std::invalid_argument("message of unknown kind " + message.kind);
  }
  return std::nullopt;
}

}  // namespace

WorkerProcess::Started WorkerProcess::start(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};  // ours, and the process's standard input and output
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    cannot("no socket for a worker process", errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  // A group of its own: Ctrl-C is for the program alone, which then tells its workers.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t process = 0;
  const int error = ::posix_spawn(&process, command.front().c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(ends[1]);
  if (error == 0) return {process, ends[0]};
  ::close(ends[0]);
  cannot("a worker process cannot be started", error);
}

WorkerProcess::~WorkerProcess() { kill_and_wait(); }

bool WorkerProcess::alive() {
  if (!waited_for_) waited_for_ = ::waitpid(process_, &exit_status_, WNOHANG) == process_;
  return !waited_for_;
}

TrialResult WorkerProcess::run(const std::string& trial, const TrialHooks& hooks, const Patience& patience) {
  const Stopwatch whole;
  const auto kills_before = kernel_kills_for_memory();
  std::optional<AwakeStopwatch> training, stopping;
  const auto ended = [&](TrialResult result) {
    result.cost.wall_seconds = whole.seconds();
    return result;
  };
  if (!hooks.resume_from.empty()) stream_.send({"resume_from", hooks.resume_from});
  stream_.send({"trial", trial});
  while (!stream_.closed()) {
    try {
      if (const auto message = stream_.receive(kTickMilliseconds)) {
        if (message->kind == "started") training.emplace();
        if (auto result = hear(*message, hooks)) return *std::move(result);
      }
    } catch (const std::invalid_argument& error) {
      return ended(killed(TrialStatus::lost, std::string("its worker process is not understood: ") + error.what()));
    }
    if (!stopping && hooks.should_stop && hooks.should_stop()) {
      stopping.emplace();
      stream_.send({"stop", ""});
    }
    if (stopping && stopping->seconds() > patience.grace_seconds)
      return ended(killed(TrialStatus::cancelled, "did not stop when it was told to, and was killed"));
    if (training && patience.time_limit > 0 && training->seconds() > patience.time_limit + patience.grace_seconds)
      return ended(
          killed(TrialStatus::timeout,
                 fmt::format("hung: did not end at its time limit of {} s, and was killed", patience.time_limit)));
  }
  // It may also have closed its end and live on, which is of no use.
  kill_and_wait();
  if (!WIFSIGNALED(exit_status_)) {
    const int code = WEXITSTATUS(exit_status_);
    if (code == kExitShortage || code == kExitLoader)
      throw Shortage(
          fmt::format("a worker process could not begin, and exited with code {}; what it said is above", code));
    throw ProcessEnded(
        ended(ended_as(TrialStatus::lost, fmt::format("its worker process exited with code {} and no result", code))),
        0);
  }
  const int signal = WTERMSIG(exit_status_);
  if (signal == SIGKILL && killed_for_memory_since(kills_before))
    return ended(ended_as(TrialStatus::out_of_memory, kKilledForMemory));
  throw ProcessEnded(ended(ended_as(TrialStatus::crashed, "ended by " + signal_text(signal))), signal);
}

TrialResult WorkerProcess::killed(TrialStatus status, const std::string& cause) {
  kill_and_wait();
  return ended_as(status, cause);
}

void WorkerProcess::kill_and_wait() {
  if (waited_for_) return;
  // Its group, for what it may have started itself. One that ended already keeps its status.
  ::kill(-process_, SIGKILL);
  while (::waitpid(process_, &exit_status_, 0) < 0 && errno == EINTR) {
  }
  waited_for_ = true;
}

}  // namespace evobrnn
