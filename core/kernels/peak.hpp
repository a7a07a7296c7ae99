// SPDX-License-Identifier: Apache-2.0
/// What this machine can do at most, to compare kernels with.
#pragma once

namespace evobrnn::kernels {

/// Floating-point operations a second of one core that does nothing but fused multiply-adds in float32, on the
/// instruction set that the kernels use: the best of several short runs.
double measured_peak_flops();

/// The instruction set that the kernels use on this machine, as Highway names it: "AVX3" is AVX-512.
const char* instruction_set();

}  // namespace evobrnn::kernels
