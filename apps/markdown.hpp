// SPDX-License-Identifier: Apache-2.0
/// The catalogue as pages of docs/: what `evobrnn list models --markdown` and its like print.
#pragma once

#include <string>

namespace evobrnn {

/// docs/MODELS.md, whole.
std::string models_markdown();
/// docs/TASKS.md, whole.
std::string tasks_markdown();
/// docs/SETTINGS.md, whole.
std::string settings_markdown();

}  // namespace evobrnn
