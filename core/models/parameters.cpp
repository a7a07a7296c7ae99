// SPDX-License-Identifier: Apache-2.0
#include "core/models/parameters.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

namespace evobrnn {

at::Tensor Parameters::add(const std::string& name, const at::Tensor& initial, const at::Tensor& mask) {
  named_.push_back({name, initial.detach().clone().requires_grad_()});
  masks_.push_back(mask);
  return named_.back().tensor;
}

void Parameters::flatten() {
  std::vector<at::Tensor> pieces, masks;
  for (std::size_t i = 0; i < named_.size(); ++i) {
    const auto& tensor = named_[i].tensor;
    pieces.push_back(tensor.detach().reshape({-1}));
    masks.push_back(masks_[i].defined() ? masks_[i].reshape({-1}) : at::ones_like(pieces.back()));
  }
  values_ = at::cat(pieces);
  gradients_ = at::zeros_like(values_);
  if (std::any_of(masks_.begin(), masks_.end(), [](const at::Tensor& mask) { return mask.defined(); }))
    mask_ = at::cat(masks);
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
