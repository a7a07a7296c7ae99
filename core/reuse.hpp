// SPDX-License-Identifier: Apache-2.0
/// Memory of tensors that is used again, so that a loop over batches allocates nothing.
#pragma once

#include <ATen/core/Tensor.h>

namespace evobrnn {

/// Makes `tensor` a contiguous one of this shape and dtype on the CPU, its content undefined: where it is one already
/// it stays, with whoever shares its memory.
void reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType dtype);

}  // namespace evobrnn
