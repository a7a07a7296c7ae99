// SPDX-License-Identifier: Apache-2.0
#include "apps/process_setup.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace evobrnn {
namespace {

void open_standard_streams() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(file, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free: this one, for those below are open by now.
    static_cast<void>(::open("/dev/null", file == STDIN_FILENO ? O_RDONLY : O_WRONLY));
  }
}

void raise_file_limit() {
  constexpr rlim_t kEnough = 65536;  // for thousands of commands at once
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= std::min(limit.rlim_max, kEnough)) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace

void prepare_process() {
  open_standard_streams();
  raise_file_limit();
  std::signal(SIGCHLD, SIG_DFL);
}

}  // namespace evobrnn
