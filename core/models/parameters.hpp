// SPDX-License-Identifier: Apache-2.0
/// The trained parameters of a network: named leaves of autograd that share one flat buffer, so that the optimiser,
/// clipping and copying are one pass (LibTorch's optimisers pay for every tensor).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace [[gnu::visibility("default")]] evobrnn {

/// A parameter under the name of the equation.
struct NamedTensor {
  std::string name;   ///< as in saved weights
  at::Tensor tensor;  ///< leaf of autograd
};

/// The named leaves of a model or a network.
class Parameters {
 public:
  /// Adds a leaf that holds a copy of `initial`. Only before flatten(). `mask`, where defined, has 1 where a synapse is
  /// and 0 where none is: `initial` is zero there, and training leaves it so.
  at::Tensor add(const std::string& name, const at::Tensor& initial, const at::Tensor& mask = {});

  /// Moves every leaf, and its gradient, into the flat buffers; the leaves stay the same objects.
  void flatten();

  /// In the order in which they were added.
  const std::vector<NamedTensor>& named() const { return named_; }
  /// Throws std::out_of_range for an unknown name.
  at::Tensor at(const std::string& name) const;

  at::Tensor values() const { return values_; }        ///< [total], shares memory with the leaves
  at::Tensor gradients() const { return gradients_; }  ///< [total], shares memory with the leaves' gradients
  at::Tensor mask() const { return mask_; }            ///< [total] 0 or 1; undefined where every parameter is trained

 private:
  std::vector<NamedTensor> named_;
  std::vector<at::Tensor> masks_;  ///< of each leaf; undefined: none
  at::Tensor values_, gradients_, mask_;
};

}  // namespace evobrnn
