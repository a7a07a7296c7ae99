// SPDX-License-Identifier: Apache-2.0
#include "core/provenance.hpp"

#include <ATen/Version.h>
#include <torch/version.h>

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

}  // namespace

std::map<std::string, std::string> build_provenance() {
  return {{"version", EVOBRNN_VERSION},
          {"git_revision", EVOBRNN_REVISION},
          {"compiler", "g++ " __VERSION__},
          {"libtorch", TORCH_VERSION},
          {"libtorch_instruction_set", cpu_capability()},
          {"kernels_instruction_set", kernels::instruction_set()}};
}

}  // namespace evobrnn
