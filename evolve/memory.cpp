// SPDX-License-Identifier: Apache-2.0
#include "evolve/memory.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr auto kUnknown = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;  // version 1 writes a number near 2^63 for none

/// Kilobytes behind a key of a file in /proc, as bytes.
std::optional<std::int64_t> bytes_of(const char* file, const std::string& key) {
  std::ifstream stream(file);
  std::string name, rest;
  for (; stream >> name; std::getline(stream, rest)) {
    std::int64_t kilobytes = 0;
    if (name == key && stream >> kilobytes) return 1024 * kilobytes;
  }
  return std::nullopt;
}

/// The number in a file; nothing where it is missing or says "max".
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  return stream >> number && number < kNoLimit ? std::optional(number) : std::nullopt;
}

/// Where a hierarchy of control groups that limits memory can be seen.
struct Hierarchy {
  bool version_2;
  fs::path point;  ///< where it is mounted
  fs::path root;   ///< the group that is mounted there
};

/// A line of mountinfo: "36 35 0:31 ROOT POINT OPTIONS [FIELDS…] - TYPE SOURCE OPTIONS".
std::optional<Hierarchy> hierarchy_of(const std::string& line) {
  const auto dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  std::istringstream left(line), right(line.substr(dash + 3));
  std::string skipped, root, point, type, source, options;
  left >> skipped >> skipped >> skipped >> root >> point;
  right >> type >> source >> options;
  if (type == "cgroup2") return Hierarchy{true, point, root};
  const bool memory = type == "cgroup" && ("," + options + ",").find(",memory,") != std::string::npos;
  return memory ? std::optional(Hierarchy{false, point, root}) : std::nullopt;
}

/// What the kernel keeps of files for a group, and frees before the group runs out.
std::int64_t cached(const fs::path& folder, bool version_2) {
  std::ifstream stream(folder / "memory.stat");
  const std::string prefix = version_2 ? "" : "total_";
  std::int64_t sum = 0, value = 0;
  for (std::string name; stream >> name >> value;) {
    if (name == prefix + "inactive_file" || name == prefix + "active_file") sum += value;
  }
  return sum;
}

std::optional<MemoryLimit> limit_in(const fs::path& folder, bool version_2, const std::string& name) {
  const auto limit = number_in(folder / (version_2 ? "memory.max" : "memory.limit_in_bytes"));
  if (!limit) return std::nullopt;
  const auto used = number_in(folder / (version_2 ? "memory.current" : "memory.usage_in_bytes")).value_or(0);
  return MemoryLimit{"control group " + name, *limit, std::max<std::int64_t>(0, used - cached(folder, version_2)),
                     false};
}

/// The limits of the group and of all above, as far as the hierarchy shows them.
void add_limits(const Hierarchy& hierarchy, const fs::path& group, std::vector<MemoryLimit>& limits) {
  auto below = group.lexically_relative(hierarchy.root);
  // A group that is not below what is mounted, as in another view of the hierarchy: the mount itself is all that is
  // seen.
  if (below.empty() || *below.begin() == "..") below = group.relative_path();
  if (below == ".") below.clear();
  for (auto part = below;; part = part.parent_path()) {
    const auto name = "/" + part.string();
    const bool known = std::any_of(limits.begin(), limits.end(),
                                   [&](const MemoryLimit& limit) { return limit.name == "control group " + name; });
    if (const auto limit = limit_in(hierarchy.point / part, hierarchy.version_2, name); limit && !known)
      limits.push_back(*limit);
    if (part.empty()) return;
  }
}

void add_limit(int resource, const char* name, const char* key, bool addresses, std::vector<MemoryLimit>& limits) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= static_cast<rlim_t>(kNoLimit))
    return;
  limits.push_back(
      {name, static_cast<std::int64_t>(limit.rlim_cur), bytes_of("/proc/self/status", key).value_or(0), addresses});
}

}  // namespace

std::vector<MemoryLimit> group_limits(std::istream& groups, std::istream& mounts) {
  std::vector<Hierarchy> hierarchies;
  for (std::string line; std::getline(mounts, line);) {
    if (const auto hierarchy = hierarchy_of(line)) hierarchies.push_back(*hierarchy);
  }
  // Where a container's view hides how they are mounted, they are at their usual places.
  hierarchies.push_back({true, "/sys/fs/cgroup", "/"});
  hierarchies.push_back({false, "/sys/fs/cgroup/memory", "/"});
  std::vector<MemoryLimit> limits;
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool version_2 = controllers == ",,";
    if (!version_2 && controllers.find(",memory,") == std::string::npos) continue;
    const auto group = fs::path(line.substr(second + 1)).lexically_normal();
    for (const auto& hierarchy : hierarchies) {
      if (hierarchy.version_2 == version_2) add_limits(hierarchy, group, limits);
    }
  }
  return limits;
}

std::vector<MemoryLimit> memory_limits() {
  std::ifstream groups("/proc/self/cgroup"), mounts("/proc/self/mountinfo");
  auto limits = group_limits(groups, mounts);
  add_limit(RLIMIT_AS, "address space (ulimit -v)", "VmSize:", true, limits);
  add_limit(RLIMIT_DATA, "data (ulimit -d)", "VmData:", true, limits);
  return limits;
}

std::int64_t machine_available() { return bytes_of("/proc/meminfo", "MemAvailable:").value_or(kUnknown); }

std::int64_t available_memory() {
  auto least = machine_available();
  for (const auto& limit : memory_limits()) least = std::min(least, limit.left());
  return least;
}

}  // namespace evobrnn
