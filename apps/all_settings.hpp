// SPDX-License-Identifier: Apache-2.0
/// Every setting that a file can hold, of searches, trials and comparisons.
#pragma once

#include <vector>

#include "core/settings/setting.hpp"

namespace evobrnn {

std::vector<Setting> all_settings();

}  // namespace evobrnn
