// SPDX-License-Identifier: Apache-2.0
/// A plugin that calls a function which nobody defined, once its model is made.
#include "core/plugin.hpp"

namespace unfinished {
void left_to_be_written(int units);
}  // namespace unfinished

namespace {
volatile bool used = false;
}

EVOBRNN_PLUGIN([] {
  if (used) unfinished::left_to_be_written(3);
})
