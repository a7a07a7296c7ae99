// SPDX-License-Identifier: Apache-2.0
/// Whether bytes are text: names of files may be any bytes, JSON and TOML may not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evobrnn {

/// Bytes of the character that the text begins with; 0 where that is no UTF-8: a stray or missing byte, a longer form
/// than is needed, a surrogate.
inline std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || length > text.size()) return 0;
  std::uint32_t code = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3f);
  }
  const std::uint32_t least = length == 3 ? 0x800 : length == 4 ? 0x10000 : 0;
  return code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// The text with each byte that is no UTF-8 written as "\xE4": for what is shown or stored, as the name of a file in a
/// message.
inline std::string as_utf8(std::string_view text) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string shown;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (length > 0) shown.append(text.substr(0, length));
    else shown.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    text.remove_prefix(length > 0 ? length : 1);
  }
  return shown;
}

}  // namespace evobrnn
