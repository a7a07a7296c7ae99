// SPDX-License-Identifier: Apache-2.0
#include "core/provenance.hpp"

#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <array>

#include "core/kernels/peak.hpp"
#include "core/version.hpp"
#include "evobrnn_revision.hpp"

namespace evobrnn {
namespace {

/// LibTorch's own words on the instruction set that its kernels run with ("AVX2"); results depend on it.
std::string cpu_capability() {
  const std::string config = at::show_config(), marker = "CPU capability usage: ";
  const auto begin = config.find(marker);
  if (begin == std::string::npos) return "unknown";
  return config.substr(begin + marker.size(), config.find('\n', begin) - begin - marker.size());
}

/// Name, version and the processor it is for; its sums depend on all of these.
std::string blas() {
  using Text = const char* (*)();
  const auto text = [](const char* function) -> std::string {
    const auto get = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, function));
    return get ? get() : "";
  };
  // "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64": the first two words, and which processor it
  // took.
  if (const auto config = text("openblas_get_config"); !config.empty())
    return config.substr(0, config.find(' ', config.find(' ') + 1)) + " " + text("openblas_get_corename");
  using FillText = void (*)(char*, int);
  if (auto* fill = reinterpret_cast<FillText>(dlsym(RTLD_DEFAULT, "MKL_Get_Version_String"))) {
    std::array<char, 200> version{};
    fill(version.data(), static_cast<int>(version.size()) - 1);
    return version.data();
  }
  return "unknown";
}

}  // namespace

std::map<std::string, std::string> build_provenance() {
  return {{"version", EVOBRNN_VERSION},
          {"git_revision", EVOBRNN_REVISION},
          {"compiler", "g++ " __VERSION__},
          {"libtorch", TORCH_VERSION},
          {"libtorch_instruction_set", cpu_capability()},
          {"kernels_instruction_set", kernels::instruction_set()},
          {"blas", blas()}};
}

}  // namespace evobrnn
