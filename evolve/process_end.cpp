// SPDX-License-Identifier: Apache-2.0
#include "evolve/process_end.hpp"

#include <fmt/format.h>

#include <cstring>
#include <fstream>

namespace evobrnn {

std::string signal_text(int signal) {
  const char *name = sigabbrev_np(signal), *meaning = sigdescr_np(signal);
  return name ? fmt::format("SIG{} ({})", name, meaning) : fmt::format("signal {}", signal);
}

std::int64_t kernel_kills_for_memory() {
  std::ifstream file("/proc/vmstat");
  std::int64_t value = 0;
  for (std::string name; file >> name >> value;) {
    if (name == "oom_kill") return value;
  }
  return 0;
}

}  // namespace evobrnn
