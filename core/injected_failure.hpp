// SPDX-License-Identifier: Apache-2.0
/// Failures on purpose, for tests of what a search does with them. Free of LibTorch headers.
///
/// The environment variable EVOBRNN_INJECT says which share of the trials goes wrong in which way, as
/// "nan=0.06,throw=0.06,segfault=0.06,hang=0.06,hog=0.06". Which trials these are depends on their seeds alone. A hang
/// ends only under isolation = "process" with a time limit, and a hog, which takes memory without end, needs a limit of
/// memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evobrnn {

enum class InjectedFailure { nan, exception, segfault, hang, hog };

struct InjectedShare {
  InjectedFailure failure;
  double share = 0;  ///< of all trials
};

/// Reads the text of the variable. Throws std::invalid_argument.
std::vector<InjectedShare> parse_injections(const std::string& text);

/// What goes wrong with the trial of this seed.
std::optional<InjectedFailure> injected_failure(std::uint64_t seed, const std::vector<InjectedShare>& shares);
/// The same as $EVOBRNN_INJECT says; nothing where it is not set.
std::optional<InjectedFailure> injected_failure(std::uint64_t seed);

/// Makes it happen to the calling process. `nan` is left to the caller.
void strike(InjectedFailure failure);

}  // namespace evobrnn
