// SPDX-License-Identifier: Apache-2.0
#include "evolve/process_tree.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr int kPause = 5;  // ms; what was killed is gone in a moment

std::vector<pid_t> all_processes() {
  std::vector<pid_t> all;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    pid_t process = 0;
    const auto* last = name.data() + name.size();
    if (const auto read = std::from_chars(name.data(), last, process); read.ec == std::errc() && read.ptr == last)
      all.push_back(process);
  }
  return all;
}

/// A file of /proc/PROCESS, whole; empty where the process is gone or another user's.
std::string read_of(pid_t process, const char* name) {
  const std::ifstream file("/proc/" + std::to_string(process) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // where the process goes meanwhile this ends; reading from the buffer itself would throw
  return text.str();
}

struct Status {
  char state = 0;
  pid_t parent = 0;
  std::int64_t resident_pages = 0;
};

std::optional<Status> status_of(pid_t process) {
  constexpr int kBetween = 19;  // fields of proc(5)'s stat between the parent and the resident pages
  const auto text = read_of(process, "stat");
  const auto name_end = text.rfind(')');  // a name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Status status;
  fields >> status.state >> status.parent;
  std::string skipped;
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  fields >> status.resident_pages;
  return fields ? std::optional(status) : std::nullopt;
}

/// All descendants of `root`, itself not included.
std::vector<std::pair<pid_t, Status>> processes_below(pid_t root) {
  std::map<pid_t, std::vector<std::pair<pid_t, Status>>> children;
  for (const auto process : all_processes()) {
    if (const auto status = status_of(process)) children[status->parent].emplace_back(process, *status);
  }
  std::vector<std::pair<pid_t, Status>> below;
  std::vector<pid_t> to_follow{root};
  while (!to_follow.empty()) {
    const auto process = to_follow.back();
    to_follow.pop_back();
    for (const auto& child : children[process]) {
      below.push_back(child);
      to_follow.push_back(child.first);
    }
    children.erase(process);  // each once, whatever a list that changed meanwhile says
  }
  return below;
}

bool marked(pid_t process, const std::string& variable) {
  const auto environment = '\0' + read_of(process, "environ");
  return environment.find('\0' + variable + '\0') != std::string::npos;
}

}  // namespace

std::int64_t resident_bytes_below(pid_t root) {
  std::int64_t pages = 0;
  for (const auto& [process, status] : processes_below(root)) pages += status.resident_pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

void kill_below(pid_t root) {
  for (bool found = true; found;) {
    found = false;
    for (const auto& [process, status] : processes_below(root)) {
      if (status.state == 'Z' || status.state == 'X') continue;
      found = true;
      ::kill(process, SIGKILL);
    }
    if (found) ::poll(nullptr, 0, kPause);
  }
}

void kill_marked(const std::string& variable) {
  for (bool found = true; found;) {
    found = false;
    for (const auto process : all_processes()) {
      if (process == ::getpid() || !marked(process, variable)) continue;
      found = true;
      ::kill(process, SIGKILL);
    }
    if (found) ::poll(nullptr, 0, kPause);
  }
}

}  // namespace evobrnn
