// SPDX-License-Identifier: Apache-2.0
#include "core/machine.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include "core/kernels/peak.hpp"
#include "core/provenance.hpp"

namespace evobrnn {

MachineFacts machine_facts() {
  const auto build = build_provenance();
  MachineFacts facts;
  facts.kernels = kernels::instruction_set();
  facts.libtorch_kernels = build.at("libtorch_instruction_set");
  facts.libtorch = build.at("libtorch");
  facts.compiler = build.at("compiler");
  facts.libtorch_threads = at::get_num_threads();
  using GetThreads = int (*)();
  if (auto* get = reinterpret_cast<GetThreads>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads")))
    facts.blas_threads = get();
  else if (auto* get_mkl = reinterpret_cast<GetThreads>(dlsym(RTLD_DEFAULT, "MKL_Get_Max_Threads")))
    facts.blas_threads = get_mkl();
  facts.blas = build.at("blas");
  // at::hasCUDA() is false without a driver or a GPU.
  facts.libtorch_has_cuda = at::hasCUDA() || at::show_config().find("USE_CUDA=ON") != std::string::npos ||
                            dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD) != nullptr;
  if (at::hasCUDA()) facts.gpus = static_cast<int>(at::detail::getCUDAHooks().getNumGPUs());
  facts.cuda_driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) != nullptr;
  return facts;
}

}  // namespace evobrnn
