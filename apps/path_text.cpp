// SPDX-License-Identifier: Apache-2.0
#include "apps/path_text.hpp"

#include <charconv>
#include <string_view>

#include "core/utf8.hpp"

namespace evobrnn {
namespace {

constexpr std::string_view kScheme = "file://";

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-._~").find(c) != std::string_view::npos;
}

}  // namespace

std::string path_text(const std::filesystem::path& path) {
  if (is_utf8(path.string())) return path.string();
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string text(kScheme);
  for (const char c : std::filesystem::absolute(path).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain(c)) text += c;
    else text.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
  return text;
}

std::filesystem::path path_from_text(const std::string& text) {
  if (!text.starts_with(std::string(kScheme) + "/")) return text;
  std::string path;
  for (std::size_t at = kScheme.size(); at < text.size(); ++at) {
    unsigned byte = 0;
    const auto* digits = text.data() + at + 1;
    const bool coded =
        text[at] == '%' && at + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    path += coded ? static_cast<char>(byte) : text[at];
    if (coded) at += 2;
  }
  return path;
}

}  // namespace evobrnn
