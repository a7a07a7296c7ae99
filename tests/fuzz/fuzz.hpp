// SPDX-License-Identifier: Apache-2.0
/// Fuzzing of whatever reads bytes from outside: a reader takes any input or refuses it with the error that it
/// documents. Another exception, a crash, a hang (10 s of computing, 60 s of waiting), or memory that the input does
/// not justify (64 MB, and 64 bytes a byte) is a failure; the input is then kept in a file and named.
///
/// EVOBRNN_FUZZ_SECONDS: how long a target runs (default 0; some hundreds of inputs are tried whatever it says).
/// EVOBRNN_FUZZ_SEED: other inputs (default 1).
/// EVOBRNN_FUZZ_INPUT=FILE with --gtest_filter=Fuzz.TARGET: that input alone, again.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace evobrnn::fuzzing {

struct Target {
  std::string name;                 ///< that of the test, and of the folder in tests/fuzz/seeds/
  std::vector<std::string> inputs;  ///< valid ones
  std::vector<std::string> tokens;  ///< pieces of the format
  /// Whether the reader takes the input; false where it refuses it as documented. See accepts().
  std::function<bool(const std::string& input)> accepts;
  /// Makes what lies behind a checksum or a length reachable; every other input goes through it. May be empty.
  std::function<std::string(const std::string& damaged)> repair = {};
  bool refuses = true;  ///< some inputs are to be refused; false: none is
  std::size_t longest = 1 << 16;
  int at_least = 200;  ///< damaged inputs, however slow the machine
};

/// Runs the target's inputs, those in tests/fuzz/seeds/NAME/, their beginnings, and damaged ones.
void fuzz(const Target& target);

/// Whether `read` returns; false where it throws one of the Refusals. Everything else passes through.
template <class... Refusals, class Read>
bool accepts(const Read& read) {
  try {
    read();
    return true;
  } catch (const std::exception& error) {
    if ((dynamic_cast<const Refusals*>(&error) || ...)) return false;
    throw;
  }
}

/// What was read is not what it should be: an input that was taken for another, say.
class WrongResult : public std::exception {
 public:
  explicit WrongResult(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

/// Throws WrongResult.
void require(bool condition, const std::string& what);

}  // namespace evobrnn::fuzzing
