// SPDX-License-Identifier: Apache-2.0
/// A plugin whose registration throws what is no std::exception.
#include "core/plugin.hpp"

EVOBRNN_PLUGIN([] { throw "nothing to register"; })
