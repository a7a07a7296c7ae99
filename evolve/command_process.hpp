// SPDX-License-Identifier: Apache-2.0
/// A command that runs, with all that it starts. Nothing of it outlives this object, nor the program.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evolve/command_guard.hpp"

namespace evobrnn {

struct CommandStart {
  std::vector<std::string> command;  ///< its name, which is looked for as a shell does, or its path; then its arguments
  std::filesystem::path folder;      ///< where it works; its path is relative to it
  std::filesystem::path input;       ///< the file that is its standard input
  /// Beside those of the program. The first is this command's alone: it marks what it starts.
  std::vector<std::pair<std::string, std::string>> variables;
};

class CommandProcess {
 public:
  using Sink = std::function<void(std::string_view bytes)>;

  /// `output` and `error` receive what the command prints, from wait() and kill(). Throws Shortage where
  /// there are no more processes or files.
  CommandProcess(const CommandStart& start, Sink output, Sink error);
  ~CommandProcess();
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;

  /// Waits, at most as long, for the command to print or to end.
  void wait(int milliseconds);
  /// Asks it by SIGTERM to its group.
  void ask_to_stop() const;
  /// Returns when nothing of it is left.
  void kill();

  bool ended() const { return guard_ == 0; }
  /// Once it ended; nothing where somebody killed its guard.
  const std::optional<GuardReport>& report() const { return report_; }
  std::int64_t resident_bytes() const;

 private:
  struct Stream {
    int file = -1;
    Sink sink;
  };
  void read(Stream& stream);
  void read_rest(Stream& stream);
  void finish();
  void wake_guard() const;

  const std::string mark_;
  pid_t guard_ = 0;
  Stream output_, error_;
  int reports_ = -1;
  std::optional<GuardReport> report_;
};

}  // namespace evobrnn
