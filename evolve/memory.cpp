// SPDX-License-Identifier: Apache-2.0
#include "evolve/memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace evobrnn {
namespace {

constexpr auto kUnknown = std::numeric_limits<std::int64_t>::max();

std::int64_t machine_available() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  for (std::int64_t kilobytes = 0; file >> key >> kilobytes; std::getline(file, unit)) {
    if (key == "MemAvailable:") return 1024 * kilobytes;
  }
  return kUnknown;
}

/// The number in a file; nothing where it is missing or says "max".
std::optional<std::int64_t> number_in(const std::string& file) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  return stream >> number ? std::optional(number) : std::nullopt;
}

/// What the process's control group leaves, of version 2 and of version 1.
std::int64_t group_available() {
  std::ifstream groups("/proc/self/cgroup");
  std::int64_t least = kUnknown;
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    const bool version_2 = controllers.empty();
    if (!version_2 && controllers.find("memory") == std::string::npos) continue;
    const std::string root = version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (const auto& folder : {root + path, root}) {  // inside a container the group is the root
      const auto limit = number_in(folder + (version_2 ? "/memory.max" : "/memory.limit_in_bytes"));
      const auto used = number_in(folder + (version_2 ? "/memory.current" : "/memory.usage_in_bytes"));
      if (limit && used) least = std::min(least, std::max<std::int64_t>(0, *limit - *used));
    }
  }
  return least;
}

}  // namespace

std::int64_t available_memory() { return std::min(machine_available(), group_available()); }

}  // namespace evobrnn
