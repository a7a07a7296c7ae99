// SPDX-License-Identifier: Apache-2.0
/// A checksum over the cells of a row of the ledger, one after the other.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "evolve/fnv.hpp"

namespace evobrnn {

class RowChecksum {
 public:
  void add(std::int64_t number) { add_bytes(std::string_view(reinterpret_cast<const char*>(&number), sizeof number)); }
  /// A NaN is stored as NULL, so its payload does not count.
  void add(double number) {
    add(std::bit_cast<std::int64_t>(std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number));
  }
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    add_bytes(text);
  }
  /// SQLite's integers are signed.
  std::int64_t value() const { return std::bit_cast<std::int64_t>(hash_); }

 private:
  void add_bytes(std::string_view bytes) { hash_ = fnv1a(bytes, hash_); }
  std::uint64_t hash_ = kFnvStart;
};

/// Of a row of these cells.
template <class... Cells>
std::int64_t row_checksum(const Cells&... cells) {
  RowChecksum checksum;
  (checksum.add(cells), ...);
  return checksum.value();
}

}  // namespace evobrnn
