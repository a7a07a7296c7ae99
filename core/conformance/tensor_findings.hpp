// SPDX-License-Identifier: Apache-2.0
/// Expectations of tensors, told by their first wrong element.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/conformance_check.hpp"

namespace evobrnn::conformance {

class TensorFindings final : public Findings {
 public:
  /// The same shape, and every element within `tolerance` · (1 + |expected|).
  bool expect_close(const std::string& where, const at::Tensor& seen, const at::Tensor& expected, double tolerance);
  /// The same shape and bits, or both undefined.
  bool expect_same(const std::string& where, const at::Tensor& seen, const at::Tensor& expected);
  /// Some element differs.
  bool expect_other(const std::string& where, const at::Tensor& seen, const at::Tensor& other);
  /// Finite and within [low, high].
  bool expect_between(const std::string& where, const at::Tensor& values, double low, double high);
};

/// "[7, 3]".
std::string shape_text(const at::Tensor& tensor);
/// "name[2, 0]": the element at `flat` of a tensor of these sizes.
std::string element_text(const std::string& name, at::IntArrayRef sizes, std::int64_t flat);

}  // namespace evobrnn::conformance
