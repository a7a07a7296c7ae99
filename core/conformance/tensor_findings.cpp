// SPDX-License-Identifier: Apache-2.0
#include "core/conformance/tensor_findings.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace evobrnn::conformance {

std::string shape_text(const at::Tensor& tensor) {
  return tensor.defined() ? fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", ")) : "undefined";
}

std::string element_text(const std::string& name, at::IntArrayRef sizes, std::int64_t flat) {
  std::vector<std::int64_t> index(sizes.size());
  for (std::size_t axis = sizes.size(); axis-- > 0; flat /= sizes[axis]) index[axis] = flat % sizes[axis];
  return index.empty() ? name : fmt::format("{}[{}]", name, fmt::join(index, ", "));
}

bool TensorFindings::expect_close(const std::string& where, const at::Tensor& seen, const at::Tensor& expected,
                                  double tolerance) {
  if (!expect(seen.defined() && expected.defined() && seen.sizes() == expected.sizes(), "shape of " + where,
              shape_text(expected), shape_text(seen)))
    return false;
  const auto s = seen.detach().to(at::kDouble).flatten(), e = expected.detach().to(at::kDouble).flatten();
  const auto wrong = (s - e).abs().le(tolerance * (1 + e.abs())).logical_not().logical_and(s.ne(e));  // NaN is wrong
  if (!wrong.any().item<bool>()) return true;
  const auto first = wrong.nonzero()[0].item<std::int64_t>();
  return expect_near(element_text(where, seen.sizes(), first), s[first].item<double>(), e[first].item<double>(), 0);
}

bool TensorFindings::expect_same(const std::string& where, const at::Tensor& seen, const at::Tensor& expected) {
  if (!seen.defined() && !expected.defined()) return true;
  return expect_close(where, seen, expected, 0);
}

bool TensorFindings::expect_other(const std::string& where, const at::Tensor& seen, const at::Tensor& other) {
  return expect(!at::equal(seen, other), where, "other values", "the same in every element");
}

bool TensorFindings::expect_between(const std::string& where, const at::Tensor& values, double low, double high) {
  const auto flat = values.detach().to(at::kDouble).flatten();
  const auto wrong = flat.isfinite().logical_and(flat.ge(low)).logical_and(flat.le(high)).logical_not();
  if (!wrong.any().item<bool>()) return true;
  const auto first = wrong.nonzero()[0].item<std::int64_t>();
  return expect(false, element_text(where, values.sizes(), first),
                std::isfinite(high) ? fmt::format("a number in [{}, {}]", low, high) : "a finite number",
                number_text(flat[first].item<double>()));
}

}  // namespace evobrnn::conformance
