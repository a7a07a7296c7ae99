// SPDX-License-Identifier: Apache-2.0
#include "core/settings/value.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace evobrnn {
namespace {

/// Shortest decimal text that reads back as the same bits, recognisable as a real: 0.1, 3.0, 1e-08.
std::string real_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  std::string text(buffer.data(), end);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else if (code < 0x20 || code == 0x7f) out += fmt::format("\\u{:04X}", code);
    else out += c;
  }
  return out + '"';
}

struct PlainText {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return real_text(v); }
  std::string operator()(const std::string& v) const { return quote ? quoted(v) : v; }
  std::string operator()(const std::vector<Scalar>& list) const {
    std::string text;
    for (const auto& scalar : list) text += (text.empty() ? "" : ", ") + std::visit(*this, scalar);
    return "[" + text + "]";
  }
  bool quote = false;
};

}  // namespace

std::string to_text(const Scalar& value) { return std::visit(PlainText{}, value); }
std::string to_text(const Value& value) { return std::visit(PlainText{}, value); }
std::string to_toml(const Value& value) { return std::visit(PlainText{true}, value); }

Value to_value(const Scalar& scalar) {
  return std::visit([](const auto& v) { return Value(v); }, scalar);
}

Scalar to_scalar(const Value& value) {
  return std::visit(
      [](const auto& v) -> Scalar {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<Scalar>>) return false;
        else return v;
      },
      value);
}

double to_number(const Scalar& scalar) {
  if (const auto* integer = std::get_if<std::int64_t>(&scalar)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&scalar)) return *real;
  throw std::invalid_argument("\"" + to_text(scalar) + "\" is no number");
}

}  // namespace evobrnn
