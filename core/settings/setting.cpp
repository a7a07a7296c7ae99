// SPDX-License-Identifier: Apache-2.0
#include "core/settings/setting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/settings/diagnostic.hpp"

namespace evobrnn {
namespace {

/// 1000000 rather than 1000000.0 or 1e+06 for whole bounds.
std::string bound_text(double bound) {
  return std::abs(bound) < 1e15 && bound == std::floor(bound) ? fmt::format("{:.0f}", bound) : fmt::format("{}", bound);
}

std::string range_text(const Setting& s) {
  const bool low = std::isfinite(s.low), high = std::isfinite(s.high);
  if (s.kind == SettingKind::integer && low && high) {
    return fmt::format(" from {} to {}", bound_text(s.low), bound_text(s.high));
  }
  if (!low && !high) return "";
  return fmt::format(" in {}{}, {}{}", s.low_open || !low ? "(" : "[", low ? bound_text(s.low) : "−∞",
                     high ? bound_text(s.high) : "∞", s.high_open || !high ? ")" : "]");
}

bool in_range(const Setting& s, double number) {
  if (!std::isfinite(number)) return false;
  return (s.low_open ? number > s.low : number >= s.low) && (s.high_open ? number < s.high : number <= s.high);
}

std::optional<std::string> unknown_choice(const Setting& s, const Scalar& value) {
  const auto& text = std::get<std::string>(value);
  if (s.choices.empty() || std::find(s.choices.begin(), s.choices.end(), text) != s.choices.end()) return std::nullopt;
  return fmt::format("must be {} ({})", rule_text(s), known_names(text, s.choices));
}

}  // namespace

std::string rule_text(const Setting& s) {
  switch (s.kind) {
    case SettingKind::boolean:
      return "true or false";
    case SettingKind::integer:
      return "an integer" + range_text(s);
    case SettingKind::real:
      return "a real number" + range_text(s);
    case SettingKind::text:
      return s.choices.empty() ? "text" : fmt::format("one of {}", fmt::join(s.choices, ", "));
    case SettingKind::text_list:
      return s.choices.empty() ? "a list of texts" : fmt::format("a list out of {}", fmt::join(s.choices, ", "));
  }
  return "";
}

std::optional<Value> convert(const Setting& setting, const Value& value) {
  switch (setting.kind) {
    case SettingKind::boolean:
      return std::holds_alternative<bool>(value) ? std::optional(value) : std::nullopt;
    case SettingKind::integer:
      return std::holds_alternative<std::int64_t>(value) ? std::optional(value) : std::nullopt;
    case SettingKind::real:
      if (const auto* integer = std::get_if<std::int64_t>(&value)) return Value(static_cast<double>(*integer));
      return std::holds_alternative<double>(value) ? std::optional(value) : std::nullopt;
    case SettingKind::text:
      return std::holds_alternative<std::string>(value) ? std::optional(value) : std::nullopt;
    case SettingKind::text_list: {
      const auto* list = std::get_if<std::vector<Scalar>>(&value);
      if (!list) return std::nullopt;
      const bool texts = std::all_of(list->begin(), list->end(),
                                     [](const Scalar& s) { return std::holds_alternative<std::string>(s); });
      return texts ? std::optional(value) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::string> broken_rule(const Setting& setting, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (!in_range(setting, static_cast<double>(*integer))) return "must be " + rule_text(setting);
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (!in_range(setting, *real)) return "must be " + rule_text(setting);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    return unknown_choice(setting, *text);
  } else if (const auto* list = std::get_if<std::vector<Scalar>>(&value)) {
    for (const auto& scalar : *list) {
      if (const auto broken = unknown_choice(setting, scalar)) return broken;
    }
  }
  return std::nullopt;
}

}  // namespace evobrnn
