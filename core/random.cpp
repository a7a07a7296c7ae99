// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "core/kernels/normal.hpp"

namespace evobrnn {

std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t purpose) {
  std::uint64_t x = seed + (purpose + 1) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

at::Generator make_generator(std::uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

at::Tensor normal(at::IntArrayRef shape, at::Generator generator, at::TensorOptions options) {
  const auto numbers = at::empty(shape, at::kFloat);
  const auto key = at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
  kernels::fill_normal(key, numbers.data_ptr<float>(), static_cast<std::size_t>(numbers.numel()));
  return numbers.to(options);
}

}  // namespace evobrnn
