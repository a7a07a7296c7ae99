// SPDX-License-Identifier: Apache-2.0
/// The settings of a comparison. Meaning, range and reason of each stand once, in comparison_settings.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Section [compare].
struct ComparisonSettings {
  std::string question;
  std::int64_t repeats = 10;
  std::vector<std::string> arms;  ///< empty: all
  double flops = 0, search_share = 0.7;
  std::string unequal = "refuse";
  std::string reference;
  double alpha = 0.05, margin = 0.005, target = 0;
  bool finer_steps = true;
};

/// Every setting of a comparison with its documentation, bound to the struct above.
const SettingsTable<ComparisonSettings>& comparison_settings_table();

/// Arms whose costs differ by more than this share are unequal.
inline constexpr double kEqualShare = 0.05;

}  // namespace evobrnn
