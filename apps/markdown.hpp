// SPDX-License-Identifier: Apache-2.0
/// The catalogue as pages of docs/: what `evobrnn list models --markdown` and `list tasks --markdown` print.
#pragma once

#include <string>

#include "core/catalogue.hpp"

namespace evobrnn {

/// docs/MODELS.md, whole.
std::string models_markdown();
/// docs/TASKS.md, whole.
std::string tasks_markdown();

/// Tasks have equations too, but only models have kernels.
bool is_model(const CatalogueEntry& entry);

}  // namespace evobrnn
