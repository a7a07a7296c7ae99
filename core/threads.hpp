// SPDX-License-Identifier: Apache-2.0
/// One candidate a worker: every inner library at one thread. Free of LibTorch headers.
#pragma once

#include <cstdint>

namespace [[gnu::visibility("default")]] evobrnn {

/// Holds BLAS (OpenBLAS, MKL), OpenMP and ATen to one thread. Call it first thing in main, before any other thread
/// starts: a BLAS that runs its own threads under several workers is several times slower.
void configure_process_threads();

/// The same for one thread that was started later. run_trial() calls it for its own thread.
void configure_thread();

/// Denormal numbers count as zero while it lives: they appear in long sequences and are many times slower.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  std::uint64_t before_ = 0;
};

}  // namespace evobrnn
