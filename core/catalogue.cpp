// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.hpp"

#include <algorithm>

namespace evobrnn {

bool reads(const CatalogueEntry& entry, const std::string& path) {
  return std::find(entry.settings.begin(), entry.settings.end(), path) != entry.settings.end();
}

std::string default_text(const CatalogueEntry& entry, const Setting& setting) {
  for (const auto& [path, value] : entry.published) {
    if (path != setting.path) continue;
    return to_toml(setting.kind == SettingKind::integer ? Value(static_cast<std::int64_t>(value)) : Value(value));
  }
  return to_toml(setting.fallback);
}

}  // namespace evobrnn
