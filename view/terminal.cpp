// SPDX-License-Identifier: Apache-2.0
#include "view/terminal.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>

namespace evobrnn {
namespace {

struct Character {
  std::size_t bytes = 1;
  std::uint32_t code = 0;
  bool valid = false;
};

/// The first character of a text that is not empty. Overlong forms, surrogates and what is cut off are no UTF-8.
Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kShortest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kShortest[length] || surrogate || code > 0x10ffff) return {};
  return {length, code, true};
}

bool changes_direction(std::uint32_t code) {
  return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string written_out(std::string_view text, bool one_line) {
  std::string out;
  while (!text.empty()) {
    const auto [bytes, code, valid] = first_character(text);
    const bool kept = !one_line && (code == '\n' || code == '\t');
    if (!valid) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    else if (code == '\n' && !kept) out += "\\n";
    else if (code == '\t' && !kept) out += "\\t";
    else if (code < 0x20 && !kept) out += fmt::format("\\x{:02x}", code);
    else if ((code >= 0x7f && code < 0xa0) || changes_direction(code)) out += fmt::format("\\u{:04x}", code);
    else out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return written_out(text, false); }
std::string printable_line(std::string_view text) { return written_out(text, true); }

void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace evobrnn
