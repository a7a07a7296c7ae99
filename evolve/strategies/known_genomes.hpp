// SPDX-License-Identifier: Apache-2.0
/// Which genomes a strategy has proposed, in 40 bytes each: by a hash of the canonical text. Should two share one, in
/// the n-th draw with odds of n in 2⁶⁴, the second counts as known and another is drawn, in every run the same.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "evolve/fnv.hpp"

namespace evobrnn {

class KnownGenomes {
 public:
  /// Whether it was not known.
  bool insert(const std::string& text) { return hashes_.insert(fnv1a(text)).second; }

 private:
  std::unordered_set<std::uint64_t> hashes_;
};

}  // namespace evobrnn
