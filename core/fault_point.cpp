// SPDX-License-Identifier: Apache-2.0
#include "core/fault_point.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace evobrnn {
namespace {

constexpr const char* kVariable = "EVOBRNN_FAULT";

// In the order of the enumeration.
constexpr std::array<std::string_view, 6> kNames = {"before_commit",   "inside_transaction", "after_commit",
                                                    "while_replaying", "between_trials",     "in_checkpoint"};

struct Fault {
  FaultPoint point;
  long passing;  ///< the one that is the last, from 1
};

/// "before_commit:3", or nothing where the text says no such thing.
std::optional<Fault> parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto number = text.substr(colon + 1);
  long passing = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), passing);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size() || passing < 1) return std::nullopt;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text.substr(0, colon)) return Fault{static_cast<FaultPoint>(i), passing};
  }
  return std::nullopt;
}

}  // namespace

const bool detail::faults_armed = std::getenv(kVariable) != nullptr;

void check_fault_environment() {
  const auto* text = std::getenv(kVariable);
  if (!text || parse(text)) return;
  std::string known;
  for (const auto name : kNames) known += (known.empty() ? "" : ", ") + std::string(name);
  throw std::invalid_argument(std::string(kVariable) + " = " + text +
                              ": must be POINT:N with N from 1; known points: " + known);
}

void detail::pass(FaultPoint point) {
  static const auto fault = parse(std::getenv(kVariable));
  static std::atomic<long> passed{0};
  if (!fault || point != fault->point || ++passed != fault->passing) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal may reach another thread first; this one must not go on
}

}  // namespace evobrnn
