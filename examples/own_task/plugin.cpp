// SPDX-License-Identifier: Apache-2.0
/// What makes the shared library a plugin: evobrnn --plugin libown_task.so list tasks
#include <evobrnn/core/plugin.hpp>

#include "interval.hpp"

static void add() { evobrnn::add_task(own_task::interval()); }
EVOBRNN_PLUGIN(add)
