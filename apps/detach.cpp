// SPDX-License-Identifier: Apache-2.0
#include "apps/detach.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "apps/signals.hpp"
#include "evolve/atomic_file.hpp"

extern char** environ;

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr int kAnnounceDescriptor = 3;  // of the new process; the first after its standard streams
constexpr const char* kAnnounceOption = "--announce-start";

[[noreturn]] void failed(const std::string& what, int error) {
  throw std::runtime_error("cannot go to the background: " + what + ": " + std::strerror(error));
}

/// What posix_spawn should do in the new process.
class Preparation {
 public:
  Preparation(const fs::path& log, int announce) {
    posix_spawn_file_actions_init(&actions_);
    // First, because opening the streams could close or take its number.
    if (announce == kAnnounceDescriptor) ::fcntl(announce, F_SETFD, 0);
    else posix_spawn_file_actions_adddup2(&actions_, announce, kAnnounceDescriptor);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    storing([&] { log_ = open_own_file(log, O_WRONLY | O_CREAT | O_APPEND); });
    posix_spawn_file_actions_adddup2(&actions_, log_, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
  }
  ~Preparation() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
    ::close(log_);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  pid_t spawn(const std::vector<std::string>& arguments) const {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::signal(SIGHUP, SIG_IGN);  // what is ignored stays so in the new process
    pid_t child = 0;
    const int error = posix_spawn(&child, "/proc/self/exe", &actions_, &attributes_, argv.data(), environ);
    if (error != 0) failed("cannot start the program again", error);
    return child;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int log_ = -1;
};

/// The text of the log from `begin` on.
std::string log_text(const fs::path& log, std::uintmax_t begin) {
  std::ifstream stream(log, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(begin));
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Whether the new process said that it began, before it ended.
bool begun(int descriptor) {
  char said = 0;
  ssize_t bytes = 0;
  do bytes = ::read(descriptor, &said, 1);
  while (bytes < 0 && errno == EINTR);
  return bytes == 1;
}

}  // namespace

void add_detach_option(CLI::App& command, bool& detach) {
  command.add_flag("--detach", detach,
                   "Goes to the background once settings and data are checked; closing the terminal does not end it");
}

void add_announce_option(CLI::App& command, int& descriptor) {
  command.add_option(kAnnounceOption, descriptor)->group("");
}

void announce_start(int descriptor) {
  if (descriptor < 0) return;
  // Who waited for it may be gone, and that changes nothing here.
  std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(!::write(descriptor, "1", 1));
  ::close(descriptor);
}

int resume_detached(const fs::path& run, const std::vector<std::string>& arguments) {
  const auto log = run / kLogFile;
  std::error_code missing;
  const auto before = fs::exists(log, missing) ? fs::file_size(log, missing) : 0;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) failed("no pipe", errno);
  std::vector<std::string> words{"evobrnn", "resume", run.string(), kAnnounceOption,
                                 std::to_string(kAnnounceDescriptor)};
  words.emplace_back("--trust");  // this process was allowed to, and may be the last that knows
  words.insert(words.end(), arguments.begin(), arguments.end());
  const pid_t child = Preparation(log, pipe[1]).spawn(words);
  ::close(pipe[1]);
  const bool started = begun(pipe[0]);
  ::close(pipe[0]);
  if (!started) {
    int status = 0;
    ::waitpid(child, &status, 0);
    fmt::print(stderr, "{}", log_text(log, before));
    fmt::print(stderr, "error: the run in the background ended before it began; see {}\n", log.string());
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : kExitFailure;
  }
  fmt::print(
      "runs in the background as process {}: run folder {}, output in {}\n"
      "follow it: evobrnn status {} --follow\nstop it: kill {} (evobrnn resume {} goes on with it)\n",
      child, run.string(), log.string(), run.string(), child, run.string());
  return kExitOk;
}

}  // namespace evobrnn
