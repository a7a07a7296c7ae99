// SPDX-License-Identifier: Apache-2.0
#include "core/injected_failure.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace evobrnn {
namespace {

constexpr std::array<std::pair<const char*, InjectedFailure>, 5> kNames = {{{"nan", InjectedFailure::nan},
                                                                            {"throw", InjectedFailure::exception},
                                                                            {"segfault", InjectedFailure::segfault},
                                                                            {"hang", InjectedFailure::hang},
                                                                            {"hog", InjectedFailure::hog}}};

InjectedShare parse_one(const std::string& text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  for (const auto& [known, failure] : kNames) {
    if (name != known || equals == std::string::npos) continue;
    double share = -1;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + equals + 1, end, share);
    if (read.ec == std::errc() && read.ptr == end && share >= 0 && share <= 1) return {failure, share};
  }
  throw std::invalid_argument("EVOBRNN_INJECT: " + text +
                              ": must be nan, throw, segfault, hang or hog, =, and a share in [0, 1]");
}

/// In [0, 1), from the seed by the finaliser of splitmix64, so that it shares no bits with what else derives from it.
double uniform(std::uint64_t seed) {
  std::uint64_t bits = seed + 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((bits ^ (bits >> 31)) >> 11) * 0x1p-53;
}

[[noreturn]] void take_all_memory() {
  constexpr std::size_t kBlock = std::size_t{16} << 20;
  std::vector<std::string> blocks;
  for (;;) blocks.emplace_back(kBlock, 'x');  // until one fails
}

[[noreturn]] void hang() {
  for (volatile std::uint64_t turns = 0;;) turns = turns + 1;
}

}  // namespace

std::vector<InjectedShare> parse_injections(const std::string& text) {
  std::vector<InjectedShare> shares;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) shares.push_back(parse_one(part));
  return shares;
}

std::optional<InjectedFailure> injected_failure(std::uint64_t seed, const std::vector<InjectedShare>& shares) {
  double left = uniform(seed);
  for (const auto& [failure, share] : shares) {
    if (left < share) return failure;
    left -= share;
  }
  return std::nullopt;
}

std::optional<InjectedFailure> injected_failure(std::uint64_t seed) {
  const char* text = std::getenv("EVOBRNN_INJECT");
  return text ? injected_failure(seed, parse_injections(text)) : std::nullopt;
}

void strike(InjectedFailure failure) {
  switch (failure) {
    case InjectedFailure::nan:
      return;
    case InjectedFailure::exception:
      throw std::runtime_error("injected");
    case InjectedFailure::segfault:
      std::signal(SIGSEGV, SIG_DFL);  // whoever handles it, a sanitizer for one, would exit in place of dying
      std::raise(SIGSEGV);
      return;
    case InjectedFailure::hang:
      hang();
    case InjectedFailure::hog:
      take_all_memory();
  }
}

}  // namespace evobrnn
