// SPDX-License-Identifier: Apache-2.0
// Between fork and exec, and in the guard as long as it lives, only what signal handlers may call: the program has
// other threads, and whatever locks they held at the fork stay locked here.
#include "evolve/command_guard.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>

namespace evobrnn {
namespace {

static_assert(kKillAll == SIGHUP);

constexpr int kReport = 3;  // number of the report's file in the guard
constexpr int kNotStarted = 127;

/// Without the handlers of pthread_atfork(): those of BLAS would stop the threads that train networks.
pid_t plain_fork() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  return ::_Fork();
#else
  return ::fork();
#endif
}

/// The program's files: a lock or a socket of its would else stay held.
void close_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  const auto most = static_cast<int>(::sysconf(_SC_OPEN_MAX));
  for (int file = first; file < most; ++file) ::close(file);
}

void set_action(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

/// Signals that ask a process to end. What whoever started the program had set to be ignored (nohup, a shell's
/// background) stays so for the command.
constexpr std::array<int, 4> kRequests{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
using Ignored = std::array<bool, kRequests.size()>;

/// Sets all to their defaults. Returns which requests were ignored.
Ignored default_signals() {
  Ignored ignored{};
  for (std::size_t i = 0; i < kRequests.size(); ++i) {
    struct sigaction before {};
    ignored[i] = ::sigaction(kRequests[i], nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
  }
  for (int signal = 1; signal < NSIG; ++signal) set_action(signal, SIG_DFL);
  return ignored;
}

void send(const GuardReport& report) { static_cast<void>(!::write(kReport, &report, sizeof report)); }

/// Where memory runs out, better a command than the run.
void offer_for_memory() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(!::write(file, "500", sizeof "500" - 1));
  ::close(file);
}

[[noreturn]] void become_command(const CommandLaunch& launch, pid_t guard, const Ignored& ignored) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) ::_exit(kNotStarted);
  offer_for_memory();
  for (std::size_t i = 0; i < kRequests.size(); ++i) {
    if (ignored[i]) set_action(kRequests[i], SIG_IGN);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool there = ::chdir(launch.folder) == 0;
  if (there) ::execvpe(launch.arguments[0], launch.arguments, launch.environment);
  send({errno, !there, 0, 0});
  ::_exit(kNotStarted);
}

/// The guard's children at this moment: the command, and what lost its own parents.
void kill_children() {
  constexpr int kBase = 10;
  char text[4096];
  const int file = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;  // not in this kernel: the program kills them by their mark
  const auto size = ::read(file, text, sizeof text);
  ::close(file);
  pid_t process = 0;
  for (ssize_t i = 0; i < size; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      process = kBase * process + (text[i] - '0');
    } else {
      if (process > 0) ::kill(process, SIGKILL);
      process = 0;
    }
  }
}

double seconds(const timeval& time) {
  constexpr double kMicrosecond = 1e-6;
  return static_cast<double>(time.tv_sec) + kMicrosecond * static_cast<double>(time.tv_usec);
}

/// Waits for the command's end, or for being told to end it. Returns whether `status` holds how it ended. kKillAll
/// counts from the program, or for want of it, alone: others send it to every process of a job.
bool wait_for(pid_t command, pid_t program, int& status) {
  sigset_t all;
  sigfillset(&all);
  for (;;) {
    siginfo_t about{};
    const int signal = ::sigwaitinfo(&all, &about);
    if (signal == kKillAll && (about.si_pid == program || ::getppid() != program)) return false;
    if (signal == SIGTERM) ::kill(-command, SIGTERM);
    if (signal != SIGCHLD) continue;
    int ended = 0;
    for (pid_t process = 0; (process = ::waitpid(-1, &ended, WNOHANG)) > 0;) {
      if (process != command) continue;
      status = ended;
      return true;
    }
  }
}

[[noreturn]] void guard(const CommandLaunch& launch, pid_t program) {
  ::setpgid(0, 0);
  const auto ignored = default_signals();
  ::prctl(PR_SET_NAME, "evobrnn-guard");
  ::prctl(PR_SET_PDEATHSIG, kKillAll);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::dup2(launch.input, STDIN_FILENO);
  ::dup2(launch.output, STDOUT_FILENO);
  ::dup2(launch.error, STDERR_FILENO);
  ::dup3(launch.report, kReport, O_CLOEXEC);
  close_from(kReport + 1);
  if (::getppid() != program) ::_exit(1);  // it is gone, and nobody waits for the command
  const pid_t self = ::getpid();
  const pid_t command = plain_fork();
  if (command == 0) become_command(launch, self, ignored);
  if (command < 0) {
    send({errno, false, 0, 0});
    ::_exit(1);
  }
  ::setpgid(command, command);
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(file);
  int status = 0;
  if (!wait_for(command, program, status)) ::kill(-command, SIGKILL);
  // Each that dies leaves its own children to the guard.
  for (;;) {
    kill_children();
    int ended = 0;
    const pid_t process = ::waitpid(-1, &ended, 0);
    if (process < 0 && errno == ECHILD) break;
    if (process == command) status = ended;
  }
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  send({0, false, status, seconds(usage.ru_utime) + seconds(usage.ru_stime)});
  ::_exit(0);
}

}  // namespace

pid_t start_guard(const CommandLaunch& launch) {
  // No handler of the program runs in the guard, and no signal gets lost on its way.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t program = ::getpid();
  const pid_t process = plain_fork();
  if (process == 0) guard(launch, program);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return process;
}

}  // namespace evobrnn
