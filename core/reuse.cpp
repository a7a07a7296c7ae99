// SPDX-License-Identifier: Apache-2.0
#include "core/reuse.hpp"

#include <ATen/ATen.h>

namespace evobrnn {

void reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType dtype) {
  if (tensor.defined() && tensor.is_cpu() && tensor.sizes() == shape && tensor.scalar_type() == dtype &&
      tensor.is_contiguous())
    return;
  tensor = at::empty(shape, dtype);
}

}  // namespace evobrnn
