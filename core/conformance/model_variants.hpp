// SPDX-License-Identifier: Apache-2.0
/// The settings under which a model is checked.
#pragma once

#include <string>
#include <vector>

#include "core/models/network.hpp"

namespace evobrnn::conformance {

/// Sizes of the networks that are checked.
inline constexpr std::int64_t kUnits = 7, kInputs = 3, kOutputs = 4;

struct ModelVariant {
  std::string name;
  ModelSettings settings;
  Path path = Path::automatic;
};

/// Derived from the settings that the model's entry reads.
std::vector<ModelVariant> model_variants(const ModelEntry& entry);

}  // namespace evobrnn::conformance
