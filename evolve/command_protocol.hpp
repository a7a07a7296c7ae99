// SPDX-License-Identifier: Apache-2.0
/// What a search and a command say to each other, as docs/COMMANDS.md and docs/schema/ have it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "evolve/search.hpp"

namespace evobrnn {

inline constexpr int kCommandProtocol = 1;

/// What a command is told of a trial: one JSON object, a line.
std::string command_trial_json(const Candidate& candidate, const std::string& genome);

struct CommandProgress {
  std::int64_t step = 0, steps = 0;
  double loss = 0;  ///< NaN where it does not say
};
/// A line that may have been meant as a result, and is none.
struct NoResult {
  std::string why;
  bool half = false;  ///< not even JSON; a result before it still counts
};
using CommandLine = std::variant<std::monostate, CommandProgress, TrialResult, NoResult>;

/// What one line of its standard output says; nothing for the command's own talk. A byte order mark at its begin and a
/// terminal's escape codes are passed over.
CommandLine read_command_line(const std::string& bytes);

/// The text as valid UTF-8 without control characters, its first bytes alone where it is longer.
std::string printable(std::string_view bytes, std::size_t most);

/// Cuts what a command prints into lines, which also a carriage return and a backspace end. One that is longer than any
/// message is passed over in whole.
class LineCutter {
 public:
  explicit LineCutter(std::function<void(const std::string& line)> sink) : sink_(std::move(sink)) {}
  void add(std::string_view bytes);
  void end();  ///< the last line may have no end
  static constexpr std::size_t kLongest = 1 << 20;

 private:
  std::function<void(const std::string&)> sink_;
  std::string line_;
  bool too_long_ = false;
};

/// The last bytes of what a command prints.
class LastWords {
 public:
  void add(std::string_view bytes);
  std::string text() const;  ///< its last lines, in one

 private:
  std::string kept_;
};

}  // namespace evobrnn
