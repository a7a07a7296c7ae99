// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <ATen/CPUGeneratorImpl.h>

namespace evobrnn {

std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t purpose) {
  std::uint64_t x = seed + (purpose + 1) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

at::Generator make_generator(std::uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

}  // namespace evobrnn
