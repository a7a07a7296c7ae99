// SPDX-License-Identifier: Apache-2.0
/// FNV-1a (Fowler, Noll & Vo, 1991), 64 bits: every change of one byte changes the hash. spread() is the finaliser of
/// splitmix64 (Steele, Lea & Flood, 2014).
#pragma once

#include <cstdint>
#include <string_view>

namespace evobrnn {

inline constexpr std::uint64_t kFnvStart = 0xcbf29ce484222325;

/// Hash of all bytes so far, with these behind them.
inline std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = kFnvStart) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// FNV-1a leaves near texts with near high bits; this spreads them over all.
inline std::uint64_t spread(std::uint64_t hash) {
  hash += 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace evobrnn
