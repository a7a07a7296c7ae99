// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/last_input.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <vector>

namespace evobrnn::fuzzing {
namespace {

// A machine that is busy with other things makes no hang: what counts is the time that the process itself computed.
constexpr time_t kComputingSeconds = 10;
constexpr unsigned kWaitingSeconds = 60;
constexpr std::size_t kSignalStack = 1 << 16;  // a stack that ran over cannot be used any more

// What a signal handler may touch: no allocation, no locks.
std::string file, hint, copy;
volatile sig_atomic_t busy = 0;

void say(const char* text) { static_cast<void>(!::write(STDERR_FILENO, text, std::strlen(text))); }

void write_input() {
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (out < 0) return;
  static_cast<void>(!::write(out, copy.data(), copy.size()));
  ::close(out);
}

void watch(time_t computing, unsigned waiting) {
  const itimerval timer{{0, 0}, {computing, 0}};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
  ::alarm(waiting);
}

void on_signal(int signal) {
  const bool hangs = signal == SIGPROF || signal == SIGALRM;
  if (busy) {
    busy = 0;
    write_input();
    say(hangs ? "\nhangs: it comes to no end\n" : "\ncrashed\n");
    say(hint.c_str());
  }
  ::signal(hangs ? SIGABRT : signal, SIG_DFL);
  ::raise(hangs ? SIGABRT : signal);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::array kSignals = {SIGABRT, SIGALRM, SIGPROF};  // the others are the sanitizer's, which then aborts
#else
constexpr std::array kSignals = {SIGABRT, SIGALRM, SIGPROF, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
#endif

void install_handlers() {
  static std::vector<char> stack(kSignalStack);
  stack_t alternative{};
  alternative.ss_sp = stack.data();
  alternative.ss_size = stack.size();
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

}  // namespace

LastInput::LastInput(const std::string& target, const std::string& seed) {
  file = (std::filesystem::temp_directory_path() / ("evobrnn-fuzz-" + target + "-seed" + seed)).string();
  hint = "The input is kept in " + file + "; with EVOBRNN_FUZZ_INPUT=" + file + " --gtest_filter=Fuzz." + target +
         " it runs again.\n";
  install_handlers();
}

LastInput::~LastInput() { end(); }

void LastInput::begin(const std::string& input) {
  copy = input;
  busy = 1;
  watch(kComputingSeconds, kWaitingSeconds);
}

void LastInput::end() {
  watch(0, 0);
  busy = 0;
}

std::string LastInput::keep() const {
  write_input();
  return hint;
}

}  // namespace evobrnn::fuzzing

#if defined(__SANITIZE_ADDRESS__)
// A report ends in abort(), so that the input is kept; and one of undefined behaviour ends the program at all.
extern "C" const char* __asan_default_options() { return "abort_on_error=1:detect_stack_use_after_return=0"; }
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:halt_on_error=1:print_stacktrace=1"; }
#endif
