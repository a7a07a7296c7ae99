// SPDX-License-Identifier: Apache-2.0
#include "core/learning/state.hpp"

#include <ATen/ATen.h>

#include <cstring>

namespace evobrnn {

nlohmann::json to_state(const at::Tensor& tensor) {
  const auto plain = tensor.detach().to(at::kCPU).contiguous();
  const auto* data = static_cast<const std::uint8_t*>(plain.data_ptr());
  return nlohmann::json::binary({data, data + plain.nbytes()});
}

nlohmann::json to_state(const at::Generator& generator) { return to_state(generator.get_state()); }

std::int64_t to_integer(const nlohmann::json& state) {
  if (!state.is_number_integer()) throw StateError("a stored number is not whole");
  return state.get<std::int64_t>();
}

void restore(const nlohmann::json& state, const at::Tensor& tensor) {
  const auto& bytes = state.get_binary();
  if (bytes.size() != tensor.nbytes()) throw StateError("a stored tensor has another size");
  const at::NoGradGuard no_grad;
  const auto plain = at::empty(tensor.sizes(), tensor.scalar_type());
  if (!bytes.empty()) std::memcpy(plain.data_ptr(), bytes.data(), bytes.size());
  tensor.copy_(plain);
}

void restore(const nlohmann::json& state, at::Generator& generator) {
  const auto tensor = generator.get_state();
  restore(state, tensor);
  generator.set_state(tensor);
}

}  // namespace evobrnn
