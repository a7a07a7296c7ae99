// SPDX-License-Identifier: Apache-2.0
/// What makes the shared library a plugin: evobrnn --plugin libown_model.so list models
#include <evobrnn/core/plugin.hpp>

#include "adaptive.hpp"

static void add() { evobrnn::add_model(own_model::adaptive()); }
EVOBRNN_PLUGIN(add)
