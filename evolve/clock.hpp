// SPDX-License-Identifier: Apache-2.0
/// The wall clock, for people to read. It may jump, also backwards: no result and no order depends on it.
#pragma once

#include <chrono>

namespace evobrnn {

inline double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace evobrnn
