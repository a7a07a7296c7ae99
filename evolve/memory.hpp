// SPDX-License-Identifier: Apache-2.0
/// Memory of this machine, and of the control group that the process runs in.
#pragma once

#include <cstdint>

namespace evobrnn {

/// Bytes that may still be used without swapping: what Linux says is available, or less where a control group allows
/// less. The largest number where neither is known.
std::int64_t available_memory();

}  // namespace evobrnn
