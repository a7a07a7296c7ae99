// SPDX-License-Identifier: Apache-2.0
/// FNV-1a (Fowler, Noll & Vo, 1991), 64 bits: every change of one byte changes the hash.
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

}  // namespace evobrnn
