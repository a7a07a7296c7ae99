// SPDX-License-Identifier: Apache-2.0
/// Keeps the input that a reader works on, so that it survives a crash and a hang of the process.
#pragma once

#include <string>

namespace evobrnn::fuzzing {

class LastInput {
 public:
  /// A target's name, and the seed that its inputs come from.
  LastInput(const std::string& target, const std::string& seed);
  ~LastInput();
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;

  /// Until end() a fatal signal, a sanitizer's report and a hang write the input to a file, say so, and end the
  /// process.
  void begin(const std::string& input);
  void end();

  /// Writes the last input to the file; returns what to tell the reader of a failure.
  std::string keep() const;
};

}  // namespace evobrnn::fuzzing
