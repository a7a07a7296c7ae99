// SPDX-License-Identifier: Apache-2.0
#include "core/conformance/own_variants.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/read_number.hpp"

namespace evobrnn::conformance {
namespace {

using NamedValue = std::pair<std::string, Value>;

/// The ends of a real's range, or what lies just within where the range leaves them out.
std::vector<NamedValue> real_ends(const Setting& setting) {
  constexpr double kInside = 1e-3;
  const double low = setting.low, high = setting.high;
  std::vector<NamedValue> ends;
  if (!std::isfinite(low) || !std::isfinite(high)) return ends;
  const double margin = kInside * (high - low);
  ends.emplace_back("lowest", setting.low_open ? low + margin : low);
  ends.emplace_back("highest", setting.high_open ? high - margin : high);
  return ends;
}

std::vector<NamedValue> integer_ends(const Setting& setting) {
  std::vector<NamedValue> ends;
  const auto low = std::ceil(setting.low) + (setting.low_open ? 1 : 0),
             high = std::floor(setting.high) - (setting.high_open ? 1 : 0);
  if (std::isfinite(low) && std::abs(low) <= kLargestInteger)
    ends.emplace_back("lowest", static_cast<std::int64_t>(low));
  if (std::isfinite(high) && std::abs(high) <= kLargestInteger)
    ends.emplace_back("highest", static_cast<std::int64_t>(high));
  return ends;
}

std::vector<NamedValue> values_of(const Setting& setting) {
  std::vector<NamedValue> values;
  switch (setting.kind) {
    case SettingKind::boolean:
      return {{"false", false}, {"true", true}};
    case SettingKind::integer:
      return integer_ends(setting);
    case SettingKind::real:
      return real_ends(setting);
    case SettingKind::text:
      for (const auto& choice : setting.choices) values.emplace_back(choice, choice);
      return values;
    case SettingKind::text_list:
      for (const auto& choice : setting.choices) values.emplace_back(choice, std::vector<Scalar>{choice});
      return values;
  }
  return values;
}

Value from_text(const Setting& setting, const std::string& text) {
  switch (setting.kind) {
    case SettingKind::boolean:
      return text == "true";
    case SettingKind::integer:
      return read_number<std::int64_t>(text).value();
    case SettingKind::real:
      return read_number<double>(text).value();
    default:
      return text;
  }
}

OwnSettings& own_of(TrialSettings& settings, const std::string& path) {
  return path.starts_with("task.") ? settings.task.own : settings.model.own;
}

/// Sets what `setting` stands under to the first value that lets it apply.
void meet_conditions(const CatalogueEntry& about, const Setting& setting, TrialSettings& settings) {
  for (const auto& [path, values] : setting.conditions) {
    const auto own = std::find_if(about.own.begin(), about.own.end(),
                                  [&path = path](const Setting& other) { return other.path == path; });
    if (own != about.own.end()) own_of(settings, path)[path] = from_text(*own, values.front());
    else if (const auto* row = find_setting(trial_settings_table(), path))
      row->set(settings, from_text(row->setting, values.front()));
  }
}

}  // namespace

std::vector<OwnVariant> own_variants(const CatalogueEntry& about) {
  std::vector<OwnVariant> variants;
  for (const auto& setting : about.own) {
    for (const auto& [name, value] : values_of(setting)) {
      variants.push_back({setting.path.substr(setting.path.find('.') + 1) + "_" + name,
                          [about, setting, value = value](TrialSettings& settings) {
                            meet_conditions(about, setting, settings);
                            own_of(settings, setting.path)[setting.path] = value;
                          }});
    }
  }
  return variants;
}

void set_own_defaults(const CatalogueEntry& about, OwnSettings& own) {
  for (const auto& setting : about.own) own.emplace(setting.path, *convert(setting, setting.fallback));
}

}  // namespace evobrnn::conformance
