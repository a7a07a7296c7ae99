// SPDX-License-Identifier: Apache-2.0
/// What networks are fed from files, checked once for training and for prediction.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace evobrnn {

struct SequenceInputs {
  at::Tensor x;        ///< [samples, steps, features], float32 or float64, finite, zero beyond the lengths
  at::Tensor lengths;  ///< [samples] int64, from 1 to steps; undefined: all have all steps
};

/// `x` real or integer, `lengths` integer or undefined, as a file has them; what is behind the end of a sequence is
/// ignored. Throws DataError with the file's name, the shape that is wrong or the place of the value.
SequenceInputs check_inputs(const std::string& file, const at::Tensor& x, const at::Tensor& lengths);

/// [samples, steps]: which steps are inside sequences of these lengths.
at::Tensor inside(const at::Tensor& lengths, std::int64_t steps);

/// Shorter sequences are filled up to the longest, which may take many times the values that a file gives. Throws
/// DataError where it does.
void check_filling(std::int64_t given, std::int64_t samples, std::int64_t longest, std::int64_t features);

/// "[3, 4]".
std::string shape_text(const at::Tensor& tensor);

}  // namespace evobrnn
