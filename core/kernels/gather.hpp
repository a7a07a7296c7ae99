// SPDX-License-Identifier: Apache-2.0
/// Samples of bytes, such as pixels, straight into a time-major batch.
#pragma once

#include <cstddef>
#include <cstdint>

namespace evobrnn::kernels {

/// Where the values of a sample's steps lie: step t has those from t · stride on.
struct StepLayout {
  std::size_t values = 0;  ///< of a sample
  std::size_t steps = 0, a_step = 0, stride = 0;
};

/// out[t, b, k] = byte / 255 of sample indices[b], and 0 where a step goes beyond the sample's values. T is float or
/// double; `out` has [steps, samples, a_step].
template <class T>
void gather_bytes(const std::uint8_t* bytes, const std::int64_t* indices, std::size_t samples, const StepLayout& layout,
                  T* out);

}  // namespace evobrnn::kernels
