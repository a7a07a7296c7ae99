// SPDX-License-Identifier: Apache-2.0
/// Rows in blocks that differ by at most one row, so that none is left over for a slow remainder.
#pragma once

#include <cstddef>

namespace evobrnn::kernels {

struct Blocks {
  /// `rows` in as few blocks of at most `largest` as possible.
  constexpr Blocks(std::size_t rows, std::size_t largest)
      : count((rows + largest - 1) / largest), least(count ? rows / count : 0), longer(count ? rows % count : 0) {}

  constexpr std::size_t begin(std::size_t block) const { return block * least + (block < longer ? block : longer); }
  constexpr std::size_t size(std::size_t block) const { return least + (block < longer ? 1 : 0); }

  std::size_t count;   ///< blocks
  std::size_t least;   ///< rows of a short block
  std::size_t longer;  ///< the first so many blocks have one row more
};

}  // namespace evobrnn::kernels
