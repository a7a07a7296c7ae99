// SPDX-License-Identifier: Apache-2.0
#include "evolve/process_end.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <fstream>

namespace evobrnn {

std::string signal_text(int signal) {
  const char *name = sigabbrev_np(signal), *meaning = sigdescr_np(signal);
  return name ? fmt::format("SIG{} ({})", name, meaning) : fmt::format("signal {}", signal);
}

bool comes_from_outside(int signal) {
  return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM || signal == SIGUSR1 ||
         signal == SIGUSR2 || signal == SIGKILL;
}

int signal_of_exit_code(int code) {
  constexpr int kShells = 128;
  return code > kShells && comes_from_outside(code - kShells) ? code - kShells : 0;
}

std::optional<std::int64_t> kernel_kills_for_memory() {
  std::ifstream file("/proc/vmstat");
  std::int64_t value = 0;
  for (std::string name; file >> name >> value;) {
    if (name == "oom_kill") return value;
  }
  return std::nullopt;
}

bool killed_for_memory_since(const std::optional<std::int64_t>& before) {
  const auto now = kernel_kills_for_memory();
  return before && now && *now > *before;
}

}  // namespace evobrnn
