// SPDX-License-Identifier: Apache-2.0
/// The IDX format of MNIST: two zero bytes, a type, the number of dimensions, their big-endian sizes, the values
/// (LeCun, Cortes & Burges, http://yann.lecun.com/exdb/mnist).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evobrnn {

struct IdxArray {
  std::vector<std::int64_t> shape;
  std::string bytes;  ///< unsigned bytes, row-major
};

/// Reads an array of unsigned bytes with that many dimensions. Throws DataError, with the file's name and what is
/// wrong.
IdxArray read_idx(const std::filesystem::path& file, std::size_t least_dimensions, std::size_t most_dimensions);

}  // namespace evobrnn
