// SPDX-License-Identifier: Apache-2.0
/// Numbers from text, whatever the locale of the process: strtod() and its like read "0.5" as 0 where the decimal point
/// is a comma.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace evobrnn {
namespace detail {

/// Whether a number that no double can hold is too small, not too large: by the place of its first digit that counts.
inline bool too_small(std::string_view text) {
  const auto exponent_at = text.find_first_of("eE");
  const auto digits = text.substr(0, exponent_at);
  std::int64_t exponent = 0;
  if (exponent_at != std::string_view::npos) {
    const auto* begin = text.data() + exponent_at + 1;
    if (begin != text.data() + text.size() && *begin == '+') ++begin;
    const auto read = std::from_chars(begin, text.data() + text.size(), exponent);
    if (read.ec == std::errc::result_out_of_range) return *begin == '-';
  }
  const auto first = digits.find_first_of("123456789"), point = digits.find('.');
  if (first == std::string_view::npos) return true;
  const auto place = static_cast<std::int64_t>(first), dot = static_cast<std::int64_t>(point);
  const auto ahead = point == std::string_view::npos ? static_cast<std::int64_t>(digits.size()) - place : dot - place;
  return exponent + ahead < 0;
}

}  // namespace detail

/// The whole text as a number of that type, a sign in front of it; nothing where it is none, or an integer does not
/// fit. A real that is too small for a double is 0, as for strtod(); one that is too large is nothing.
template <class Number>
std::optional<Number> read_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  Number number{};
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ptr != end) return std::nullopt;
  if (read.ec == std::errc()) return number;
  if constexpr (std::is_floating_point_v<Number>) {
    if (read.ec == std::errc::result_out_of_range && detail::too_small(text))
      return text.front() == '-' ? Number(-0.0) : Number(0);
  }
  return std::nullopt;
}

}  // namespace evobrnn
