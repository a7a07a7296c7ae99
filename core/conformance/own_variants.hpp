// SPDX-License-Identifier: Apache-2.0
/// The variants that follow from the settings that a model or task brought along.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/catalogue.hpp"
#include "core/settings/trial_settings.hpp"

namespace evobrnn::conformance {

/// Integers above it are no end that is looked at: a length or a number of units of that size takes hours.
inline constexpr double kLargestInteger = 1000;

struct OwnVariant {
  std::string name;  ///< "tau_a_lowest"
  std::function<void(TrialSettings&)> apply;
};

/// Each such setting at its lowest and its highest value, at each of its choices; and what it stands under met.
std::vector<OwnVariant> own_variants(const CatalogueEntry& about);

/// Puts the defaults of what the entry brought along where none is set, so that it need not be registered.
void set_own_defaults(const CatalogueEntry& about, OwnSettings& own);

}  // namespace evobrnn::conformance
