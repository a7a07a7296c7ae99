// SPDX-License-Identifier: Apache-2.0
#include "evolve/command_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "evolve/process_tree.hpp"
#include "evolve/shortage.hpp"

extern char** environ;

namespace evobrnn {
namespace {

constexpr int kTickMilliseconds = 20;

[[noreturn]] void no_more(const std::string& what) {
  const auto text = "no " + what + " for a command";
  if (is_shortage(errno)) throw Shortage(shortage_text(text, errno));
  throw std::runtime_error(text + ": " + std::strerror(errno));
}

/// A file number that is closed in the end.
class File {
 public:
  explicit File(int number) : number_(number) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// Above those that the guard gives to the command.
int moved_up(int number) {
  constexpr int kFirst = 4;
  const int moved = ::fcntl(number, F_DUPFD_CLOEXEC, kFirst);
  if (moved < 0) no_more("file");
  return moved;
}

struct Pipe {
  Pipe() : Pipe(make()) {}
  File ours, theirs;

 private:
  static std::array<int, 2> make() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) no_more("pipe");
    return ends;
  }
  explicit Pipe(const std::array<int, 2>& ends) : Pipe(File(ends[0]), File(ends[1])) {}
  Pipe(const File& read, const File& write) : ours(moved_up(read.number())), theirs(moved_up(write.number())) {
    ::fcntl(ours.number(), F_SETFL, O_NONBLOCK);
  }
};

/// This program's variables with others in place of, or beside, its own.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    const auto name = text.substr(0, text.find('='));
    if (std::none_of(variables.begin(), variables.end(), [&](const auto& v) { return v.first == name; }))
      all.emplace_back(text);
  }
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

CommandProcess::CommandProcess(const CommandStart& start, Sink output, Sink error)
    : mark_(start.variables.front().first + "=" + start.variables.front().second) {
  Pipe outputs, errors, reports;
  const File opened(::open(start.input.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.number() < 0) no_more("input");
  const File input(moved_up(opened.number()));
  const auto environment = environment_with(start.variables);
  const auto argument_pointers = pointers(start.command), environment_pointers = pointers(environment);
  const auto folder = start.folder.string();
  guard_ = start_guard({folder.c_str(), argument_pointers.data(), environment_pointers.data(), input.number(),
                        outputs.theirs.number(), errors.theirs.number(), reports.theirs.number()});
  if (guard_ < 0) {
    guard_ = 0;
    no_more("process");
  }
  output_ = {outputs.ours.release(), std::move(output)};
  error_ = {errors.ours.release(), std::move(error)};
  reports_ = reports.ours.release();
}

CommandProcess::~CommandProcess() {
  output_.sink = error_.sink = [](std::string_view) {};
  kill();
}

void CommandProcess::read(Stream& stream) {
  std::array<char, 1 << 16> bytes;
  const auto size = ::read(stream.file, bytes.data(), bytes.size());
  if (size > 0) return stream.sink({bytes.data(), static_cast<std::size_t>(size)});
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  ::close(std::exchange(stream.file, -1));
}

void CommandProcess::read_rest(Stream& stream) {
  // Nobody writes any more, so a pipe holds the little that it can hold.
  for (pollfd ready{stream.file, POLLIN, 0}; stream.file >= 0 && ::poll(&ready, 1, 0) > 0;) read(stream);
  if (stream.file >= 0) ::close(std::exchange(stream.file, -1));
}

void CommandProcess::wait(int milliseconds) {
  if (ended()) return;
  std::array<pollfd, 3> files{{{output_.file, POLLIN, 0}, {error_.file, POLLIN, 0}, {reports_, POLLIN, 0}}};
  if (::poll(files.data(), files.size(), milliseconds) <= 0) return wake_guard();
  if (files[0].revents != 0) read(output_);
  if (files[1].revents != 0) read(error_);
  if (files[2].revents != 0) finish();
}

/// A command may stop its guard, which then sees neither its end nor what it is told.
void CommandProcess::wake_guard() const {
  siginfo_t stopped{};
  if (::waitid(P_PID, static_cast<id_t>(guard_), &stopped, WSTOPPED | WNOHANG) == 0 && stopped.si_pid != 0)
    ::kill(guard_, SIGCONT);
}

void CommandProcess::ask_to_stop() const {
  if (ended()) return;
  ::kill(guard_, SIGTERM);
  wake_guard();
}

void CommandProcess::kill() {
  if (ended()) return;
  constexpr int kGuardsTicks = 50;  // a second in which the guard itself should end all
  pollfd ready{reports_, POLLIN, 0};
  for (int tick = 0;; ++tick) {
    ::kill(guard_, kKillAll);
    ::kill(guard_, SIGCONT);
    if (::poll(&ready, 1, kTickMilliseconds) > 0) break;
    kill_marked(mark_);
    if (tick < kGuardsTicks) continue;
    // Something of the command stops the guard again and again, and the guard's children are known as long as it lives.
    kill_below(guard_);
    ::kill(guard_, SIGKILL);
  }
  finish();
}

/// The guard has written its report, or died.
void CommandProcess::finish() {
  GuardReport report{};
  bool whole = false;
  // Of a command that did not start the first of two tells why.
  while (::read(reports_, &report, sizeof report) == static_cast<ssize_t>(sizeof report)) {
    if (!whole || report_->start_error == 0) report_ = report;
    whole = true;
  }
  while (::waitpid(guard_, nullptr, 0) < 0 && errno == EINTR) {
  }
  guard_ = 0;
  ::close(std::exchange(reports_, -1));
  if (!whole) kill_marked(mark_);
  read_rest(output_);
  read_rest(error_);
}

std::int64_t CommandProcess::resident_bytes() const { return ended() ? 0 : resident_bytes_below(guard_); }

}  // namespace evobrnn
