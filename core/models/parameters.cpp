// SPDX-License-Identifier: Apache-2.0
#include "core/models/parameters.hpp"

#include <ATen/ATen.h>

#include <stdexcept>

namespace evobrnn {

at::Tensor Parameters::add(const std::string& name, const at::Tensor& initial) {
  named_.push_back({name, initial.detach().clone().requires_grad_()});
  return named_.back().tensor;
}

void Parameters::flatten() {
  std::vector<at::Tensor> pieces;
  for (const auto& [name, tensor] : named_) pieces.push_back(tensor.detach().reshape({-1}));
  values_ = at::cat(pieces);
  gradients_ = at::zeros_like(values_);
  std::int64_t offset = 0;
  for (auto& [name, tensor] : named_) {
    const auto piece = [&](const at::Tensor& flat) {
      return flat.narrow(0, offset, tensor.numel()).view(tensor.sizes());
    };
    const auto value = piece(values_), gradient = piece(gradients_);
    tensor.set_data(value);
    tensor.mutable_grad() = gradient;
    offset += tensor.numel();
  }
}

at::Tensor Parameters::at(const std::string& name) const {
  for (const auto& [known, tensor] : named_) {
    if (known == name) return tensor;
  }
  throw std::out_of_range("no parameter named " + name);
}

}  // namespace evobrnn
