// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>

#include "evolve/fnv.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {

std::uint64_t trial_seed(std::uint64_t run_seed, const TrialKey& key) {
  std::array<char, 32> fidelity{};
  const auto fidelity_end = std::to_chars(fidelity.data(), fidelity.data() + fidelity.size(), key.fidelity).ptr;
  auto hash = fnv1a(std::to_string(run_seed) + '\n' + key.role + '\n' + std::string(fidelity.data(), fidelity_end) +
                    '\n' + std::to_string(key.repeat) + '\n' + key.genome);
  // FNV-1a leaves near texts with near high bits; splitmix64's finaliser spreads them.
  hash += 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace evobrnn
