// SPDX-License-Identifier: Apache-2.0
/// A plugin as if it had been built for an older version.
#include "core/plugin.hpp"

#undef EVOBRNN_VERSION
#define EVOBRNN_VERSION "0.0.9"

EVOBRNN_PLUGIN([] {})
