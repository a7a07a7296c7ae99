// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>

#include "evolve/fnv.hpp"
#include "evolve/ledger.hpp"

namespace evobrnn {

std::uint64_t trial_seed(std::uint64_t run_seed, const TrialKey& key) {
  std::array<char, 32> fidelity{};
  const auto fidelity_end = std::to_chars(fidelity.data(), fidelity.data() + fidelity.size(), key.fidelity).ptr;
  return spread(fnv1a(std::to_string(run_seed) + '\n' + key.role + '\n' + std::string(fidelity.data(), fidelity_end) +
                      '\n' + std::to_string(key.repeat) + '\n' + key.genome));
}

}  // namespace evobrnn
