// SPDX-License-Identifier: Apache-2.0
#include "core/threads.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#if defined(__SSE2__)
#include <pmmintrin.h>
#endif

namespace evobrnn {

void configure_process_threads() {
  // at::set_num_threads does not reach OpenBLAS built on pthreads, nor an MKL that BLAS is; symbols are absent with
  // another BLAS.
  using SetThreads = void (*)(int);
  if (auto* set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(1);
  // MKL's for C; without the second it may change the number by itself.
  if (auto* set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "MKL_Set_Num_Threads"))) set(1);
  if (auto* set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "MKL_Set_Dynamic"))) set(0);
  at::set_num_threads(1);
}

void configure_thread() { at::init_num_threads(); }

#if defined(__SSE2__)

FlushDenormals::FlushDenormals() : before_(_mm_getcsr()) {
  _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
  _MM_SET_DENORMALS_ZERO_MODE(_MM_DENORMALS_ZERO_ON);
}
FlushDenormals::~FlushDenormals() { _mm_setcsr(static_cast<unsigned>(before_)); }

#else

FlushDenormals::FlushDenormals() { at::globalContext().setFlushDenormal(true); }
FlushDenormals::~FlushDenormals() { at::globalContext().setFlushDenormal(false); }

#endif

}  // namespace evobrnn
