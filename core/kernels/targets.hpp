// SPDX-License-Identifier: Apache-2.0
/// Instruction sets that the kernels are compiled for; include it before Highway. On x86: AVX-512, AVX2, and plain code
/// for older machines; on Arm: NEON. Vectors of a length that is unknown to the compiler (SVE) do not fit in arrays.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
