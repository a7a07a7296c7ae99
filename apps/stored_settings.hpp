// SPDX-License-Identifier: Apache-2.0
/// The settings of a run whose plugins are not loaded, as far as they can be read without them.
#pragma once

#include "apps/experiment_file.hpp"

namespace evobrnn {

/// Names that only the plugins know stay what they are, texts: a model's, a task's, a strategy's. Their own settings
/// are left out, and genes on these get their kind from how they are written. Nothing is checked that the run's start
/// has checked. What comes of it can be looked at, and not be trained. Throws SettingsError where genes cannot be read.
Experiment read_stored_settings(const Document& document);

}  // namespace evobrnn
