// SPDX-License-Identifier: Apache-2.0
#include "core/data/idx.hpp"

#include <fmt/format.h>

#include "core/data/gzip.hpp"
#include "core/trial.hpp"

namespace evobrnn {

IdxArray read_idx(const std::filesystem::path& file, std::size_t least_dimensions, std::size_t most_dimensions) {
  const auto data = read_maybe_gzip(file);
  const auto wrong = [&file](const std::string& what) { return DataError(file.string() + ": " + what); };
  const auto byte = [&data](std::size_t i) { return static_cast<unsigned char>(data[i]); };
  if (data.size() < 4) throw wrong("is cut short inside its header");
  if (byte(0) != 0 || byte(1) != 0) throw wrong("is no IDX file: it does not start with two zero bytes");
  constexpr unsigned char kUnsignedByte = 0x08;
  if (byte(2) != kUnsignedByte)
    throw wrong(fmt::format("holds values of type {:#04x}; only unsigned bytes (0x08) are read", byte(2)));
  const std::size_t dimensions = byte(3);
  if (dimensions < least_dimensions || dimensions > most_dimensions) {
    throw wrong(fmt::format("has {} dimensions, and must have {}", dimensions,
                            least_dimensions == most_dimensions
                                ? std::to_string(least_dimensions)
                                : fmt::format("{} to {}", least_dimensions, most_dimensions)));
  }
  const auto header = 4 + 4 * dimensions;
  if (data.size() < header) throw wrong("is cut short inside its header");
  IdxArray array;
  std::uint64_t expected = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | byte(4 + 4 * d + i);
    if (size == 0) throw wrong("has a dimension of size 0");
    if (__builtin_mul_overflow(expected, size, &expected)) throw wrong("claims an impossible size");
    array.shape.push_back(static_cast<std::int64_t>(size));
  }
  if (data.size() - header != expected) {
    throw wrong(fmt::format("{}: its header promises {} values, and {} follow",
                            data.size() - header < expected ? "is cut short" : "is too long", expected,
                            data.size() - header));
  }
  array.bytes = data.substr(header);
  return array;
}

}  // namespace evobrnn
