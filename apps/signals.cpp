// SPDX-License-Identifier: Apache-2.0
#include "apps/signals.hpp"

#include <unistd.h>

#include <csignal>

namespace evobrnn {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void on_signal(int) {
  if (stop.exchange(true)) ::_exit(kExitInterrupted);
}

}  // namespace

const std::atomic<bool>& stop_requested() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return true;
  }();
  static_cast<void>(installed);
  return stop;
}

}  // namespace evobrnn
