// SPDX-License-Identifier: Apache-2.0
#include "core/settings/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace evobrnn {

bool conditions_hold(const Setting& setting, const std::function<std::string(const std::string& path)>& text_of,
                     std::string* why) {
  for (const auto& [path, values] : setting.conditions) {
    const auto text = text_of(path);
    if (std::find(values.begin(), values.end(), text) != values.end()) continue;
    if (why) *why = fmt::format("is only read where {} = {}; here it is {}", path, fmt::join(values, " or "), text);
    return false;
  }
  return true;
}

std::string write_toml(const std::vector<std::pair<Setting, Value>>& rows) {
  // A setting that is itself not read meets no condition.
  const std::function<std::string(const std::string&)> text_of = [&](const std::string& path) -> std::string {
    for (const auto& [setting, value] : rows) {
      if (setting.path == path) return conditions_hold(setting, text_of) ? to_text(value) : "not read";
    }
    return "";
  };
  std::vector<std::pair<std::string, std::string>> sections;  // name, lines
  for (const auto& [setting, value] : rows) {
    if (!conditions_hold(setting, text_of)) continue;
    const auto dot = setting.path.rfind('.');
    const auto name = dot == std::string::npos ? std::string() : setting.path.substr(0, dot);
    auto section = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.first == name; });
    if (section == sections.end())
      section = sections.insert(name.empty() ? sections.begin() : sections.end(), {name, ""});
    section->second += fmt::format("{} = {}\n", setting.path.substr(dot + 1), to_toml(value));
  }
  std::string toml;
  for (const auto& [name, lines] : sections) {
    if (!name.empty()) toml += fmt::format("{}[{}]\n", toml.empty() ? "" : "\n", name);
    toml += lines;
  }
  return toml;
}

}  // namespace evobrnn
