// SPDX-License-Identifier: Apache-2.0
/// What the libraries under core/ find on this machine. Free of LibTorch headers.
#pragma once

#include <string>

namespace [[gnu::visibility("default")]] evobrnn {

/// What machine_facts() finds.
struct MachineFacts {
  std::string kernels;             ///< instruction set of our kernels, as Highway names it: "AVX3" is AVX-512
  std::string libtorch_kernels;    ///< of LibTorch's own
  std::string libtorch;            ///< version of LibTorch
  std::string compiler;            ///< that built this program, with its version
  int libtorch_threads = 1;        ///< inside one operation
  int blas_threads = -1;           ///< inside one product; -1: BLAS is neither OpenBLAS nor MKL and does not tell
  std::string blas;                ///< which BLAS, its version and the processor it is for; "unknown"
  bool libtorch_has_cuda = false;  ///< LibTorch was built with CUDA, whether or not there is a driver and a GPU
  bool cuda_driver = false;        ///< NVIDIA's driver is there: its libcuda.so.1 can be loaded
  int gpus = 0;                    ///< that LibTorch can use
};

/// After configure_process_threads().
MachineFacts machine_facts();

}  // namespace evobrnn
