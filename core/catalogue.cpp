// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace evobrnn {
namespace {

std::atomic<bool> registries_closed{false};

[[noreturn]] void refuse(const CatalogueEntry& entry, const std::string& rule) {
  throw std::invalid_argument("\"" + entry.name + "\" cannot be registered: " + rule);
}

void check_own_setting(const CatalogueEntry& entry, const Setting& setting, const std::string& section) {
  const auto wrong = [&](const std::string& rule) { refuse(entry, "its setting " + setting.path + " " + rule); };
  if (!setting.path.starts_with(section) || setting.path.size() == section.size())
    wrong("must have a path that begins with " + section);
  if (setting.doc.empty()) wrong("has no documentation");
  const auto value = convert(setting, setting.fallback);
  if (!value || broken_rule(setting, *value)) wrong("has a default that is not " + rule_text(setting));
}

}  // namespace

void close_registries() { registries_closed = true; }

void require_open_registry(const CatalogueEntry& entry, const std::vector<CatalogueEntry>& known,
                           const std::string& section) {
  if (registries_closed)
    throw std::logic_error("\"" + entry.name +
                           "\" is registered too late: settings have been read. Register first, then read settings");
  if (entry.name.empty()) refuse(entry, "it has no name");
  for (const auto& other : known) {
    if (other.name == entry.name) refuse(entry, "the name is taken");
    for (const auto& setting : entry.own) {
      for (const auto& taken : other.own) {
        if (taken.path == setting.path) refuse(entry, "the setting " + setting.path + " is " + other.name + "'s");
      }
    }
  }
  for (const auto& setting : entry.own) check_own_setting(entry, setting, section);
}

std::vector<std::string> settings_of(const CatalogueEntry& entry) {
  auto paths = entry.settings;
  for (const auto& setting : entry.own) paths.push_back(setting.path);
  return paths;
}

bool reads(const CatalogueEntry& entry, const std::string& path) {
  return std::find(entry.settings.begin(), entry.settings.end(), path) != entry.settings.end() ||
         std::any_of(entry.own.begin(), entry.own.end(), [&path](const Setting& own) { return own.path == path; });
}

std::string default_text(const CatalogueEntry& entry, const Setting& setting) {
  for (const auto& [path, value] : entry.published) {
    if (path != setting.path) continue;
    return to_toml(setting.kind == SettingKind::integer ? Value(static_cast<std::int64_t>(value)) : Value(value));
  }
  return to_toml(setting.fallback);
}

}  // namespace evobrnn
