// SPDX-License-Identifier: Apache-2.0
#include "core/machine.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
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
  facts.libtorch_has_cuda = at::hasCUDA();
  if (facts.libtorch_has_cuda) facts.gpus = static_cast<int>(at::detail::getCUDAHooks().getNumGPUs());
  return facts;
}

}  // namespace evobrnn
