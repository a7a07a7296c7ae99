// SPDX-License-Identifier: Apache-2.0
#include "apps/worker.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>

#include "apps/commands.hpp"
#include "apps/input_files.hpp"
#include "apps/memory_guard.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/clock.hpp"
#include "core/plugin.hpp"
#include "core/settings/json_depth.hpp"
#include "evolve/message_stream.hpp"
#include "evolve/worker_process.hpp"

namespace evobrnn {
namespace {

/// Room for what LibTorch allocates besides tensors in its first trials; most of it is a buffer that BLAS reserves.
constexpr std::int64_t kBesideTensors = 250'000'000;

struct Request {
  std::string trial;        ///< as worker_request() wrote it
  std::string resume_from;  ///< a checkpoint of it; empty: none
};

/// Listens to the program in a thread of its own, so that a worker hears of a stop, and of the program's end, whatever
/// its trial does.
class Inbox {
 public:
  explicit Inbox(MessageStream& stream) : stream_(stream), listener_([this] { listen(); }) {}

  Request next_trial() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return trial_.has_value(); });
    Request request{*std::move(trial_), std::move(resume_from_)};
    trial_.reset();
    resume_from_.clear();
    return request;
  }

  bool stop() const { return stop_; }

 private:
  [[noreturn]] void listen() {
    while (!stream_.closed()) {
      const auto message = receive();
      if (!message) continue;
      if (message->kind == "stop") stop_ = true;
      const std::lock_guard lock(mutex_);
      if (message->kind == "resume_from") resume_from_ = message->body;
      if (message->kind != "trial") continue;
      stop_ = false;  // it was about the trial before
      trial_ = message->body;
      arrived_.notify_one();
    }
    ::_exit(kExitOk);  // the program is gone, and nobody waits for the trial
  }

  std::optional<Message> receive() {
    try {
      return stream_.receive(-1);
    } catch (const std::invalid_argument&) {
      ::_exit(kExitUsage);
    }
  }

  MessageStream& stream_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<std::string> trial_;
  std::string resume_from_;
  std::jthread listener_;  ///< last: it uses all others
};

TrialResult train(const Request& request, const std::shared_ptr<DataStore>& data, const Inbox& inbox,
                  MessageStream& stream) {
  constexpr std::size_t kDeepest = 5;  // that of a trial, in one level of its own
  if (json_depth(request.trial) > kDeepest) throw std::invalid_argument("the request is nested too deeply");
  const auto root = nlohmann::ordered_json::parse(request.trial);
  std::optional<MemoryGuard> guard;
  TrialHooks hooks;
  hooks.data = data;
  hooks.memory_limit = root.at("memory_limit").get<std::int64_t>();
  hooks.should_stop = [&inbox] { return inbox.stop(); };
  const auto files = root.at("files").get<std::string>();
  hooks.started = [&] {
    if (const auto why = files.empty() ? std::nullopt : unlike(files, *data)) stream.send({"other_files", *why});
    stream.send({"started", ""});
    if (hooks.memory_limit > 0) guard.emplace(hooks.memory_limit + kBesideTensors);
  };
  if (root.at("progress").get<bool>())
    hooks.progress = [&stream](std::int64_t step, std::int64_t steps, double loss) {
      stream.send({"progress", nlohmann::json{step, steps, loss}.dump()});
    };
  if (root.at("weights").get<bool>())
    hooks.weights = [&stream](const std::string& bytes) { stream.send({"weights", bytes}); };
  if (const auto between = root.at("checkpoint_seconds").get<double>(); between > 0) {
    const auto last = std::make_shared<double>(wall_seconds());
    hooks.checkpoint_due = [between, last] { return wall_seconds() - *last >= between; };
    hooks.checkpoint = [&stream, last](const std::string& bytes) {
      stream.send({"checkpoint", bytes});
      *last = wall_seconds();
    };
    hooks.resumed = [&stream](std::int64_t step) { stream.send({"resumed", std::to_string(step)}); };
    hooks.resume_from = request.resume_from;
  }
  try {
    return run_trial(trial_spec_from_json(root.at("spec").dump()), hooks);
  } catch (const SettingsError& error) {
    return ended_as(TrialStatus::invalid, error.what());
  }
}

int work(const std::filesystem::path& data_folder) {
  struct stat input {};
  if (::fstat(STDIN_FILENO, &input) != 0 || !S_ISSOCK(input.st_mode))
    throw UsageError("evobrnn worker is started by evobrnn itself, where run.isolation = \"process\"");
  // The program's handlers wait for a clean end, and here there is nothing to be cleaned.
  for (const int signal : {SIGINT, SIGTERM}) {
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);  // by whoever started the program
  }
  // Whatever a library prints must not get between the messages.
  MessageStream stream(::dup(STDIN_FILENO));
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  std::ofstream("/proc/self/oom_score_adj") << 500;  // where memory runs out, better a trial than the run
  const auto data = make_data_store(data_folder);
  std::optional<Inbox> begun;
  try {
    begun.emplace(stream);
  } catch (const std::system_error& error) {  // no more threads
    fmt::print(stderr, "error: a worker process cannot begin: {}\n", error.what());
    return kExitShortage;
  }
  auto& inbox = *begun;
  for (;;) {
    const auto result = train(inbox.next_trial(), data, inbox, stream);
    if (!stream.send({"result", to_json(result)})) ::_exit(kExitOk);
  }
}

}  // namespace

std::vector<std::string> worker_command(const std::filesystem::path& data_folder) {
  std::vector<std::string> command{"/proc/self/exe", "worker"};
  for (const auto& plugin : loaded_plugins()) command.insert(command.end(), {"--plugin", plugin});
  if (!data_folder.empty()) command.insert(command.end(), {"--data", data_folder.string()});
  return command;
}

std::string worker_request(const TrialSpec& spec, const TrialHooks& hooks, double checkpoint_seconds,
                           const std::string& files) {
  nlohmann::ordered_json root;
  root["spec"] = nlohmann::ordered_json::parse(to_json(spec));
  root["memory_limit"] = hooks.memory_limit;
  root["progress"] = static_cast<bool>(hooks.progress);
  root["weights"] = static_cast<bool>(hooks.weights);
  root["checkpoint_seconds"] = hooks.checkpoint ? checkpoint_seconds : 0;
  root["files"] = files;
  return root.dump();
}

void add_worker(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("worker", "Trains what it is sent; started by the program itself");
  command->group("");  // not for users, so not in the help
  const auto data = std::make_shared<std::filesystem::path>();
  command->add_option("--data", *data, "Folder of the data sets")->type_name("DIR");
  command->callback([data, &exit_code] { exit_code = work(*data); });
}

}  // namespace evobrnn
