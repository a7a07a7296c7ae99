// SPDX-License-Identifier: Apache-2.0
/// Runs tests on every instruction set that the kernels are compiled for and this machine has.
#pragma once

#include <functional>
#include <string>

#include "core/kernels/targets.hpp"
#include "hwy/targets.h"

namespace evobrnn::testing_support {

inline void on_each_instruction_set(const std::function<void(const std::string& name)>& test) {
  for (const std::int64_t target : {HWY_AVX3, HWY_AVX2, HWY_NEON, HWY_SCALAR}) {
    if (!(hwy::SupportedTargets() & target)) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    test(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

}  // namespace evobrnn::testing_support
