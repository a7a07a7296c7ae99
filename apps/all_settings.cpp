// SPDX-License-Identifier: Apache-2.0
#include "apps/all_settings.hpp"

#include "evolve/command_settings.hpp"
#include "evolve/comparison/comparison_settings.hpp"
#include "evolve/search_settings.hpp"

namespace evobrnn {

std::vector<Setting> all_settings() {
  auto settings = descriptions(search_settings_table());
  for (const auto& setting : descriptions(trial_settings_table())) settings.push_back(setting);
  for (const auto& setting : descriptions(command_settings_table())) settings.push_back(setting);
  for (const auto& setting : descriptions(comparison_settings_table())) settings.push_back(setting);
  return settings;
}

}  // namespace evobrnn
