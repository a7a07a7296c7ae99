// SPDX-License-Identifier: Apache-2.0
/// Normal numbers from a counter: fast, and no state besides a key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace evobrnn::kernels {

/// Philox4x32 of 10 rounds (Salmon et al., 2011): four random words from a counter of four and a key of two.
std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter, std::uint64_t key);

/// Independent standard normal numbers: from Philox under `key`, counted from 0, by the method of Box & Muller (1958).
/// A prefix of a longer stretch under the same key is that of a shorter one.
void fill_normal(std::uint64_t key, float* out, std::size_t count);

}  // namespace evobrnn::kernels
