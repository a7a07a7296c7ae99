// SPDX-License-Identifier: Apache-2.0
/// A table of settings bound to the members of a plain struct: one list from which reading, writing, checking and
/// printing derive.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/settings/document.hpp"
#include "core/settings/setting.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// One setting and the member of `Settings` that holds it.
template <class Settings>
struct BoundSetting {
  Setting setting;                                   ///< path, range, default, meaning
  std::function<Value(const Settings&)> get;         ///< the member's value
  std::function<void(Settings&, const Value&)> set;  ///< the value has the setting's own type
};

/// All settings of a struct, in the order in which they are listed.
template <class Settings>
using SettingsTable = std::vector<BoundSetting<Settings>>;

namespace detail {
inline Value as_value(bool v) { return v; }
inline Value as_value(std::int64_t v) { return v; }
inline Value as_value(double v) { return v; }
inline Value as_value(const std::string& v) { return v; }
inline Value as_value(const std::vector<std::string>& v) { return std::vector<Scalar>(v.begin(), v.end()); }

template <class T>
T from_value(const Value& v) {
  if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    std::vector<std::string> texts;
    for (const auto& scalar : std::get<std::vector<Scalar>>(v)) texts.push_back(std::get<std::string>(scalar));
    return texts;
  } else {
    return std::get<T>(v);
  }
}

template <class T>
constexpr SettingKind kind_of() {
  if constexpr (std::is_same_v<T, bool>) return SettingKind::boolean;
  else if constexpr (std::is_same_v<T, std::int64_t>) return SettingKind::integer;
  else if constexpr (std::is_same_v<T, double>) return SettingKind::real;
  else if constexpr (std::is_same_v<T, std::string>) return SettingKind::text;
  else return SettingKind::text_list;
}
}  // namespace detail

/// Binds `setting` to the member that `member(settings)` returns a reference to. Kind and default come from the member
/// itself.
template <class Settings, class Member>
BoundSetting<Settings> bind_setting(Setting setting, Member member) {
  using T = std::decay_t<decltype(member(std::declval<Settings&>()))>;
  Settings defaults{};
  setting.kind = detail::kind_of<T>();
  setting.fallback = detail::as_value(member(defaults));
  return {std::move(setting),
          [member](const Settings& s) { return detail::as_value(member(const_cast<Settings&>(s))); },
          [member](Settings& s, const Value& v) { member(s) = detail::from_value<T>(v); }};
}

/// The setting of that path; null where there is none.
template <class Settings>
const BoundSetting<Settings>* find_setting(const SettingsTable<Settings>& table, const std::string& path) {
  for (const auto& row : table) {
    if (row.setting.path == path) return &row;
  }
  return nullptr;
}

/// The settings without the members that they are bound to.
template <class Settings>
std::vector<Setting> descriptions(const SettingsTable<Settings>& table) {
  std::vector<Setting> list;
  for (const auto& row : table) list.push_back(row.setting);
  return list;
}

/// Checks type and range of `value` and, when both hold, sets it. Returns whether it was set; else one diagnostic is
/// added.
template <class Settings>
bool assign(const BoundSetting<Settings>& row, Settings& settings, const Entry& entry,
            std::vector<Diagnostic>& diagnostics) {
  const auto converted = convert(row.setting, entry.value);
  const auto broken = converted ? broken_rule(row.setting, *converted)
                                : std::optional<std::string>("must be " + rule_text(row.setting));
  if (broken) {
    diagnostics.push_back({entry.where, entry.path, as_given(entry.value), *broken});
    return false;
  }
  row.set(settings, *converted);
  return true;
}

/// Whether every condition of `setting` holds, given the text of any setting's value. On failure `why` says which does
/// not.
bool conditions_hold(const Setting& setting, const std::function<std::string(const std::string& path)>& text_of,
                     std::string* why = nullptr);

/// Settings as TOML, grouped by section, in the table's order; only those whose conditions hold.
std::string write_toml(const std::vector<std::pair<Setting, Value>>& rows);

}  // namespace evobrnn
