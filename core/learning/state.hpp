// SPDX-License-Identifier: Apache-2.0
/// The changing parts of a training as JSON values and back, bit for bit: CBOR stores them without loss.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace evobrnn {

/// A stored state does not fit what it should be put into.
class StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The elements' bytes of a tensor on any device.
nlohmann::json to_state(const at::Tensor& tensor);
/// The position of a generator in its stream.
nlohmann::json to_state(const at::Generator& generator);

/// A whole number. Throws StateError.
std::int64_t to_integer(const nlohmann::json& state);

/// Copies the bytes into the tensor, which has the shape and dtype of the one stored. Throws StateError.
void restore(const nlohmann::json& state, const at::Tensor& tensor);
void restore(const nlohmann::json& state, at::Generator& generator);

}  // namespace evobrnn
