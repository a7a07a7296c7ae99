// SPDX-License-Identifier: Apache-2.0
/// The binary version of CIFAR-10: records of one label byte and 3,072 pixel bytes, the red, then the green, then the
/// blue plane of 32×32, row by row (Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/cifar.html).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace evobrnn {

inline constexpr std::int64_t kCifarSide = 32, kCifarChannels = 3, kCifarClasses = 10;
inline constexpr std::int64_t kCifarValues = kCifarSide * kCifarSide * kCifarChannels;

struct CifarRecords {
  std::string labels;  ///< a byte each, 0 … 9
  std::string pixels;  ///< kCifarValues bytes each, planes as in the file
};

/// Reads one file, gzip-compressed or not. Throws DataError: not a whole number of records, a label above 9.
CifarRecords read_cifar(const std::filesystem::path& file);

}  // namespace evobrnn
