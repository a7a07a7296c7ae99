// SPDX-License-Identifier: Apache-2.0
/// The builds of evobrnn that took part in a run, as its provenance.json keeps them: results depend on them.
#pragma once

#include <filesystem>
#include <string>

namespace evobrnn {

/// In words, for each version and instruction set that both know and that differs: "LibTorch 1.13.1, this is 2.6.0".
/// Empty: the same bits can be expected. Both are JSON objects with the keys of build_provenance().
std::string build_difference(const std::string& before, const std::string& now);

/// Notes in RUN/provenance.json that this build goes on with the run, from now on, and says how it differs from the one
/// before it; empty: it is the same, or nothing is known of the one before. The caller holds the run's lock.
std::string note_build(const std::filesystem::path& run);

/// How the build that trained a trial at that time (seconds since the epoch) differs from this one; empty: it does not,
/// or is not known.
std::string build_difference_at(const std::filesystem::path& run, double started);

}  // namespace evobrnn
