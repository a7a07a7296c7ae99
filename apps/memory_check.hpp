// SPDX-License-Identifier: Apache-2.0
/// Whether the memory that this process may have is enough to train in it, asked before it starts: BLAS waits for ever
/// for a buffer that the kernel refuses.
#pragma once

#include <cstdint>
#include <string>

#include "evolve/memory.hpp"

namespace evobrnn {

/// Bytes that trainings need of a limit beside what the process holds already: buffers of LibTorch and BLAS, stacks and
/// heaps of the workers' threads, and the tensors of one candidate.
std::int64_t needed_bytes_of(const MemoryLimit& limit, int workers, std::int64_t bytes_of_one);

/// Throws UsageError, with what is needed, where a limit of the process, its control group or one above, or what is
/// free in the machine, leaves less. `bytes_of_one`: tensors of one candidate.
void require_memory(int workers, std::int64_t bytes_of_one);

/// "1.2 GB" or "350 MB".
std::string memory_size_text(std::int64_t bytes);

}  // namespace evobrnn
